import type { Repair } from '../../engine/contracts/discrepancies.ts';
import { type OrderId, orderIdOf, type PaymentId, type ReservationId } from '../../engine/contracts/ids.ts';
import { statesBefore } from '../../engine/contracts/states.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Discrepancy } from '../discrepancies/discrepancy.ts';
import type { Log } from '../log.ts';
import { buyerOf, lockOrder } from '../orders/locked-order.ts';
import { relayAll } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { WakingPaymentQueue } from '../queues/payment-queue.ts';
import { rebuildSale } from '../rebuild/rebuild-sale.ts';
import { settleLapsedPins } from '../reconciliation/lapsed-pins.ts';
import { countGuards } from './guards.ts';
import { postMissingEntries } from './missing-entries.ts';
import { type Repaired, recorded } from './repaired.ts';
import { adjustToRows } from './units.ts';

export interface RepairParts {
  rows: PostgresPool;
  /** Plans through statistics: reads whole sales. */
  reports: PostgresPool;
  settlement: Settlement;
  queue: Pick<WakingPaymentQueue, 'wakeAgain'>;
  log: Log;
}

/** Answers what was repaired of `found`, and is on record. `epoch` is the one that it was found in. */
type Repairing = (
  parts: RepairParts,
  saleId: string,
  found: readonly Discrepancy[],
  epoch: number,
) => Promise<Repaired[]>;

/** Pins that are looked at again after they were settled. */
const lapsedMax = 10_000;

const failEndedOrder = statement<{ order_id: OrderId }>('fail-ended-order');
const lostCaptures = statement<{ payment_id: PaymentId; order_id: OrderId }>('lost-captures');
const moveSaleState = statement<{ id: string }>('move-sale-state');

/** For repairs outside Postgres: what is done there is kept on record afterwards. */
const recordAll = ({ rows }: RepairParts, saleId: string, found: readonly Discrepancy[], done: string) =>
  Promise.all(found.map((one) => recorded(rows, saleId, one, done)));

/** What the reconciler does about a discrepancy, by the name that the catalogue gives it. All of it may be repeated. */
export const repairs: Record<Repair, Repairing> = {
  post: ({ rows }, saleId, found) => postMissingEntries(rows, saleId, found),

  count: ({ rows }, saleId, found) => countGuards(rows, saleId, found),

  async wake(parts, saleId, found) {
    await parts.queue.wakeAgain(found.map(({ subject }) => subject as PaymentId));
    return recordAll(parts, saleId, found, 'its workers were woken');
  },

  async fail({ rows }, saleId, found) {
    const repaired: Repaired[] = [];
    for (const one of found) {
      await inTransaction(rows, async (transaction) => {
        const orderId = orderIdOf(one.subject as ReservationId);
        const buyerId = await buyerOf(transaction, orderId);
        if (buyerId === null || !(await lockOrder(transaction, orderId, buyerId))) return;
        const [failed] = await failEndedOrder(transaction, [saleId, orderId]);
        if (!failed) return;
        const done = `order ${failed.order_id} is failed, its units are free`;
        repaired.push(await recorded(transaction, saleId, one, done));
      });
    }
    return repaired;
  },

  async confirm(parts, saleId, found) {
    const orders = found.map(({ subject }) => orderIdOf(subject as ReservationId));
    const captures = await lostCaptures(parts.rows, [saleId, orders]);
    const pins = captures.map(({ order_id, payment_id }) => ({
      reservationId: `rsv_${order_id.slice(4)}` as ReservationId,
      paymentId: payment_id,
    }));
    const answers = await parts.settlement.confirm(saleId, pins);
    const confirmed = new Set(
      pins.filter((_, at) => answers[at]?.kind === 'confirmed').map(({ reservationId }) => reservationId),
    );
    const repaired = found.filter(({ subject }) => confirmed.has(subject as ReservationId));
    return recordAll(parts, saleId, repaired, 'Redis has confirmed it');
  },

  async unpin(parts, saleId, found) {
    const { rows, settlement, queue, log } = parts;
    await settleLapsedPins(rows, settlement, queue, log, saleId);
    const left = new Set(
      (await settlement.lapsedPins(saleId, lapsedMax)).map(({ reservationId }) => reservationId),
    );
    const repaired = found.filter(({ subject }) => !left.has(subject as ReservationId));
    return recordAll(parts, saleId, repaired, 'Postgres has decided about its pin');
  },

  async adjust(parts, saleId, found) {
    const repaired: Discrepancy[] = [];
    for (const one of found) if (await adjustToRows(parts, saleId, one.subject)) repaired.push(one);
    return recordAll(parts, saleId, repaired, 'Redis has the units of the rows');
  },

  async follow({ rows, settlement }, saleId, found) {
    const state = (await settlement.snapshot(saleId))?.state;
    if (!state) return [];
    return inTransaction(rows, async (transaction) => {
      const [moved] = await moveSaleState(transaction, [saleId, state, statesBefore(state)]);
      if (!moved) return [];
      return Promise.all(found.map((one) => recorded(transaction, saleId, one, `the rows say ${state} now`)));
    });
  },

  async rebuild(parts, saleId, found, epoch) {
    const { rows, settlement, log } = parts;
    const { runId } = await settlement.life(saleId);
    await relayAll(rows, settlement, log, saleId);
    // Of the epoch that was looked at: where somebody has begun another one since, this one is mended already.
    const isRebuilt = await rebuildSale(parts, saleId, runId, epoch);
    return isRebuilt ? recordAll(parts, saleId, found, 'rebuilt from Postgres in another epoch') : [];
  },
};
