import { encodeItems, type OutboxEvent, type SaleEventType } from '../../engine/contracts/events.ts';
import type { OrderId, PaymentId } from '../../engine/contracts/ids.ts';
import { type SaleState, statesBefore } from '../../engine/contracts/states.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { isBefore } from './position.ts';

const readPosition = statement<{ position: string }>('read-relay-position');
const readSaleLife = statement<SaleLifeRow>('read-sale-life');
const relayEvents = statement<FailedOrder | { order_id: null }>('relay-events');
const moveSaleState = statement<{ id: string }>('move-sale-state');

interface FailedOrder {
  order_id: OrderId;
  buyer_id: string;
  order_number: string;
  payment_id: PaymentId;
  /** Null where the outcome of its payment is still to come; that says how the order stands, too. */
  last_payment_error: Record<string, unknown> | null;
}

interface SaleLifeRow {
  position: string;
  rebuilt_epoch: number;
  redis_run_id: string | null;
}

/** Events in one commit. */
const batchMax = 1_000;

/** The state that a sale is in after an event; events that are not here move no state. */
const stateAfter: Partial<Record<OutboxEvent['type'], SaleState>> = {
  'sale.waiting': 'waiting',
  'sale.opened': 'open',
  'sale.paused': 'paused',
  'sale.resumed': 'open',
  'sale.sold_out': 'sold_out',
  'sale.closed': 'closed',
} satisfies Partial<Record<SaleEventType, SaleState>>;

export type Relayed =
  | { kind: 'relayed'; events: number; failedOrders: number; more: boolean }
  /**
   * Another relay had committed these events first, or the life of Redis that they were read in is over; nothing was
   * changed.
   */
  | { kind: 'overtaken' };

/**
 * One pass of a sale's relay: reads what follows its position in the outbox, commits the events and what
 * follows from them together with the new position, and only then lets Redis forget them, and tells buyers
 * whose orders have failed, once. Any number of relays may run at once.
 */
export async function relayOnce(
  on: PostgresPool,
  settlement: Pick<Settlement, 'outbox' | 'trimOutbox' | 'push'>,
  log: Log,
  saleId: string,
): Promise<Relayed> {
  const [relay] = await readPosition(on, [saleId]);
  if (!relay) return { kind: 'relayed', events: 0, failedOrders: 0, more: false };
  const { runId, events } = await settlement.outbox(saleId, relay.position, batchMax);
  const last = events.at(-1);
  if (!last) return { kind: 'relayed', events: 0, failedOrders: 0, more: false };

  const rows = await commitEvents(on, log, saleId, relay.position, events, runId);
  if (rows.length === 0) return { kind: 'overtaken' };
  await settlement.trimOutbox(saleId, last.position);
  const failedOrders = await tellOfFailures(settlement, rows);
  return {
    kind: 'relayed',
    events: events.length,
    failedOrders,
    more: events.length === batchMax,
  };
}

/** Tells the buyers of orders that have failed; answers how many there are. */
async function tellOfFailures(
  settlement: Pick<Settlement, 'push'>,
  rows: Awaited<ReturnType<typeof commitEvents>>,
): Promise<number> {
  const failed = rows.filter((row) => row.order_id !== null);
  await Promise.all(failed.map((order) => tellOfFailure(settlement, order)));
  return failed.length;
}

/** A decline said that the order could still be paid. */
async function tellOfFailure(settlement: Pick<Settlement, 'push'>, order: FailedOrder): Promise<void> {
  const { buyer_id: buyerId, order_id: orderId, order_number: orderNumber, payment_id: paymentId } = order;
  const body = order.last_payment_error;
  if (!body) return;
  await settlement.push({
    ...{ ev: 'order', buyerId, orderId, orderNumber, paymentId, status: 402, body },
    hasFailed: true,
  });
}

/** Commits events that follow a position, with all that follows from them; no rows where it has moved. */
function commitEvents(
  on: PostgresPool,
  log: Log,
  saleId: string,
  position: string,
  events: readonly OutboxEvent[],
  runId: string,
) {
  return inTransaction(on, (transaction) => journal(transaction, log, saleId, position, events, runId));
}

/** The same in a transaction that is under way; of events that no Redis said, `runId` is null. */
export async function journal(
  transaction: Postgres,
  log: Log,
  saleId: string,
  position: string,
  events: readonly OutboxEvent[],
  runId: string | null,
): Promise<(FailedOrder | { order_id: null })[]> {
  const last = events.at(-1) as OutboxEvent;
  const committed = await relayEvents(transaction, [
    saleId,
    position,
    last.position,
    ...eventColumns(events),
    events.some(({ type }) => type in stateAfter),
    runId,
  ]);
  if (committed.length > 0) await moveStates();
  return committed;

  async function moveStates() {
    for (const { type, position: at } of events) {
      const state = stateAfter[type];
      if (!state) continue;
      const moved = await moveSaleState(transaction, [saleId, state, statesBefore(state)]);
      if (moved.length === 0) log.error({ saleId, type, at }, 'a sale cannot move as Redis said');
    }
  }
}

/**
 * Commits the end of a stream that is about to end, as the life of Redis said it that `runId` names, and tells buyers
 * whose orders have failed with it; what other relays had committed of it is left out. All of it is where that life is
 * none that the sale was in: whoever published the sale into it believed in a Redis that is lost.
 */
export async function relayTail(
  on: PostgresPool,
  settlement: Pick<Settlement, 'push'>,
  log: Log,
  saleId: string,
  runId: string,
  tail: readonly OutboxEvent[],
): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const [row] = (await readSaleLife(on, [saleId])) as [SaleLifeRow];
    if (row.redis_run_id !== null && row.redis_run_id !== runId) return;
    const { position, rebuilt_epoch } = row;
    // What an epoch said that is over since was not part of the rebuild.
    const events = tail.filter((event) => event.epoch >= rebuilt_epoch && isBefore(position, event.position));
    const rows = events.length === 0 ? [] : await commitEvents(on, log, saleId, position, events, runId);
    isDone = events.length === 0 || rows.length > 0;
    await tellOfFailures(settlement, rows);
  }
}

/**
 * Relays until all that was there is journaled, by this relay or by another; or until nothing moves any more, because
 * the epoch has ended.
 */
export async function relayAll(
  ...[on, settlement, log, saleId]: Parameters<typeof relayOnce>
): Promise<void> {
  for (let reached: string | null = null; ; ) {
    const relayed = await relayOnce(on, settlement, log, saleId);
    if (relayed.kind === 'relayed' && !relayed.more) return;
    const [relay] = await readPosition(on, [saleId]);
    if (!relay || relay.position === reached) return;
    reached = relay.position;
  }
}

const eventColumns = (events: readonly OutboxEvent[]): unknown[] => {
  const halves = events.map((event) => event.position.split('-'));
  return [
    halves.map(([ms]) => ms),
    halves.map(([, n]) => n),
    events.map((event) => event.type),
    events.map((event) => event.atMs),
    events.map((event) => event.epoch),
    events.map((event) => event.reservationId),
    events.map((event) => event.buyerId),
    events.map((event) => event.turn),
    events.map((event) => encodeItems(event.items)),
    events.map((event) => event.deadlineMs),
    events.map((event) => event.attemptId),
    events.map((event) => event.firstIndex),
    events.map((event) => event.places),
  ];
};
