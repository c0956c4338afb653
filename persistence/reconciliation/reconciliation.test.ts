import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderIdOf, type PaymentId, type RefundId } from '../../engine/contracts/ids.ts';
import type { PaymentIntent } from '../../engine/contracts/ports.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { RedisUnavailable, type Settlement } from '../../engine/index.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Hold, newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { fulfilmentOn } from '../orders/fulfilment.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { refunder } from '../refunds/execute-refund.ts';
import { createSale } from '../sales/create-sale.ts';
import { holdSettlement } from '../workers/hold-settlement.ts';
import { indexBlock, leaseIndicesAhead } from './index-leases.ts';
import { settleLapsedPins } from './lapsed-pins.ts';
import { wakeLostPayments } from './lost-payments.ts';
import { publishMissingSales } from './missing-sales.ts';
import { confirmUnheardHolds } from './unconfirmed-holds.ts';
import { repeatUnheardCommands } from './unheard-commands.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

/** A queue that only remembers, and a worker that never comes. */
function forgetful() {
  const woken: PaymentId[] = [];
  return {
    woken,
    wake: () => {},
    wakeAgain: async (paymentIds: readonly PaymentId[]) => void woken.push(...paymentIds),
  };
}

const paymentOf = async (orderId: string) =>
  (
    await house.database.pool.query<{ payment_id: PaymentId; state: string }>(
      'SELECT payment_id, state FROM payments WHERE order_id = $1 ORDER BY created_at',
      [orderId],
    )
  ).rows;

const stateOf = async (hold: Hold) => {
  const found = await house.engine.desk.reservation(hold.reservationId, hold.buyerId);
  return found.kind === 'found' ? found.reservation.state : found.code;
};

/** A hold whose payment was begun, and whose wake-up got lost. */
async function underWay(sale: LiveSale) {
  const hold = await house.hold(sale);
  await house.payAt(hold, { paymentQueue: forgetful() });
  const [payment] = await paymentOf(orderIdOf(hold.reservationId));
  return { hold, paymentId: payment?.payment_id as PaymentId };
}

/** Settles the lapsed pins of a sale as if these were the ones. */
function settle(sale: LiveSale, pins: { hold: Hold; paymentId: PaymentId }[], queue = forgetful()) {
  const lapsed = pins.map(({ hold, paymentId }) => ({ ...hold, paymentId, leaseUntilMs: 0 }));
  const settlement: Settlement = { ...house.settlement, lapsedPins: async () => lapsed };
  return settleLapsedPins(house.database.pool, settlement, queue, log, sale.config.id);
}

test('payments without a worker are found by their rows', async () => {
  const { paymentId } = await underWay(await house.openSale(1));
  const queue = forgetful();
  await wakeLostPayments(house.reports, queue, 60_000);
  expect(queue.woken).toEqual([]);
  await wakeLostPayments(house.reports, queue, 0);
  expect(queue.woken).toContain(paymentId);
});

test('a pin without a commit is fenced off: its gateway comes too late, and its unit is held again', async () => {
  const sale = await house.openSale(1);
  const hold = await house.hold(sale);
  let slept: PaymentIntent | undefined;
  const orderStore = {
    ...house.orders,
    beginPayment: async (intent: PaymentIntent) => {
      slept = intent;
      throw new Error('this gateway fell asleep');
    },
  };
  await expect(house.payAt(hold, { orderStore })).rejects.toThrow('asleep');
  const intent = slept as PaymentIntent;
  expect(await stateOf(hold)).toBe('paying');
  const pins = [{ hold, paymentId: intent.paymentId }];
  expect(await settle(sale, pins)).toMatchObject({ abandoned: 1, renewed: 0, confirmed: 0 });
  expect(await stateOf(hold)).toBe('held');
  expect(await house.orders.beginPayment(intent)).toMatchObject({ code: 'payment_abandoned' });
  // A reconciler that died before it unpinned is followed by another.
  expect(await settle(sale, pins)).toMatchObject({ abandoned: 0, returned: 1 });
  expect(await house.pay(hold)).toMatchObject({ kind: 'pending' });
});

test('commit and fence race for one row, and one of them wins', async () => {
  const sale = await house.openSale(30);
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, async (_, at) => {
      const hold = await house.hold(sale);
      const raced: Promise<unknown>[] = [];
      const orderStore = {
        ...house.orders,
        beginPayment: (intent: PaymentIntent) => {
          const fence = () => raced.push(settle(sale, [{ hold, paymentId: intent.paymentId }]));
          if (at % 2 === 0) fence();
          else setTimeout(fence, at);
          return house.orders.beginPayment(intent);
        },
      };
      const paid = await house.payAt(hold, { orderStore, paymentQueue: forgetful() });
      await eventually(() => raced.length).toBe(1);
      await Promise.all(raced);
      const payments = await paymentOf(orderIdOf(hold.reservationId));
      expect(payments).toHaveLength(1);
      const won = paid.kind === 'pending' ? 'initiated' : 'abandoned';
      expect(payments[0]?.state).toBe(won);
      expect(await stateOf(hold)).toBe(won === 'initiated' ? 'paying' : 'held');
      return won;
    }),
  );
  expect(outcomes).toHaveLength(30);
});

test('a lapsed pin whose payment is under way lives on, and wakes its worker', async () => {
  const sale = await house.openSale(1);
  const pin = await underWay(sale);
  const queue = forgetful();
  expect(await settle(sale, [pin], queue)).toMatchObject({ renewed: 1, abandoned: 0 });
  expect(queue.woken).toEqual([pin.paymentId]);
  expect(await stateOf(pin.hold)).toBe('paying');
});

async function paymentRow({ paymentId }: { paymentId: PaymentId }) {
  const row = await paymentReader(house.database.pool)(paymentId);
  if (!row) throw new Error('no payment');
  return row;
}

test('a lapsed pin follows what its payment became', async () => {
  const sale = await house.openSale(2);
  const settlements = settlementsOn(house.database.pool, log);
  const [captured, declined] = await Promise.all([underWay(sale), underWay(sale)]);
  await settlements.capture(await paymentRow(captured), {
    kind: 'captured',
    providerReference: 'pi',
    provider: 'primary',
    by: 'saga',
  });
  await settlements.decline(await paymentRow(declined), {
    kind: 'declined',
    declineCode: 'x',
    providerReference: null,
    provider: null,
    by: 'saga',
  });
  expect(await settle(sale, [captured, declined])).toMatchObject({ confirmed: 1, returned: 1, abandoned: 0 });
  expect(await stateOf(captured.hold)).toBe('confirmed');
  expect(await stateOf(declined.hold)).toBe('held');
});

test('a lapsed pin of what was paid is confirmed, also where the money has gone back since', async () => {
  const sale = await house.openSale(1);
  const pin = await underWay(sale);
  const { hold, paymentId } = pin;
  await settlementsOn(house.database.pool, log).capture(await paymentRow(pin), {
    kind: 'captured',
    providerReference: 'pi',
    provider: 'primary',
    by: 'saga',
  });
  const refund = { reason: 'goodwill' };
  const begun = await fulfilmentOn(house.database.pool).refund(
    orderIdOf(hold.reservationId),
    'operator',
    refund,
    'k',
  );
  if (begun.kind === 'refused') throw new Error(begun.code);
  const { refundId } = begun.body as { refundId: RefundId };
  const execute = refunder({ on: house.database.pool, providerNamed: () => house.provider, log });
  await execute(refundId);
  expect(await paymentOf(orderIdOf(hold.reservationId))).toEqual([
    { payment_id: paymentId, state: 'refunded' },
  ]);
  expect(await settle(sale, [pin])).toMatchObject({ confirmed: 1, returned: 0 });
  expect(await stateOf(hold)).toBe('confirmed');
});

test('a hold whose confirmation was lost is confirmed by its row', async () => {
  const sale = await house.openSale(1);
  const { hold, paymentId } = await underWay(sale);
  const settlements = settlementsOn(house.database.pool, log);
  await settlements.capture(await paymentRow({ paymentId }), {
    kind: 'captured',
    providerReference: 'pi',
    provider: 'primary',
    by: 'saga',
  });
  expect(await stateOf(hold)).toBe('paying');
  const away = { confirm: () => Promise.reject(new RedisUnavailable('away')) };
  expect(await confirmUnheardHolds(house.database.pool, away, log, 0)).toBe(0);
  const holds = holdSettlement(house.settlement);
  expect(await confirmUnheardHolds(house.database.pool, holds, log, 60_000)).toBe(0);
  expect(await confirmUnheardHolds(house.database.pool, holds, log, 0)).toBeGreaterThan(0);
  expect(await stateOf(hold)).toBe('confirmed');
  expect(await confirmUnheardHolds(house.database.pool, holds, log, 0)).toBe(0);
});

test('indices are leased ahead of need, by any number of workers, and never twice', async () => {
  const sale = newSale({ method: 'fifo' });
  await house.sales.create(sale);
  const lease = () => leaseIndicesAhead(house.database.pool, house.settlement, sale.id);
  const through = async () =>
    (await house.database.pool.query('SELECT index_leased_through AS n FROM sales WHERE id = $1', [sale.id]))
      .rows[0].n;
  expect(await Promise.all([lease(), lease(), lease()])).toEqual(Array(3).fill(indexBlock));
  expect(await through()).toBe(indexBlock);

  // A lease that was committed and never granted: the worker died in between.
  await house.database.pool.query('UPDATE sales SET index_leased_through = $2 WHERE id = $1', [
    sale.id,
    indexBlock + 1_000,
  ]);
  expect(await lease()).toBe(indexBlock + 1_000);

  // What is left runs short: Redis has issued nearly everything.
  const shortOf = {
    grantIndices: async (saleId: string, from: number, to: number) => {
      const granted = await house.settlement.grantIndices(saleId, from, to);
      return { ...granted, next: indexBlock };
    },
  };
  const ahead = await Promise.all(
    [1, 2, 3].map(() => leaseIndicesAhead(house.database.pool, shortOf, sale.id)),
  );
  expect(Math.max(...ahead)).toBe(indexBlock + 1_000);
  expect(await through()).toBe(2 * indexBlock + 1_000);
});

test('a sale that was committed and never published is published later', async () => {
  const isAway = () => Promise.reject(new RedisUnavailable('away'));
  const away = { ...house.settlement, publishSale: isAway };
  const sale = newSale();
  const created = await createSale(house.database.pool, away, log, sale);
  expect(created.kind).toBe('created');
  expect(await house.settlement.snapshot(sale.id)).toBeNull();
  expect(await publishMissingSales(house.database.pool, house.settlement, log, 60_000)).toBe(0);
  expect(await publishMissingSales(house.database.pool, house.settlement, log, 0)).toBe(1);
  expect(await publishMissingSales(house.database.pool, house.settlement, log, 0)).toBe(0);
});

test('a command that Redis did not hear is said again', async () => {
  const sale = newSale({ opensAt: new Date(Date.now() + 600_000).toISOString() });
  await house.sales.create(sale);
  await house.database.pool.query('UPDATE sales SET open_commanded_at = now() WHERE id = $1', [sale.id]);
  expect((await house.settlement.snapshot(sale.id))?.state).toBe('waiting');
  expect(await repeatUnheardCommands(house.reports, house.settlement, log, 0)).toBe(1);
  expect((await house.settlement.snapshot(sale.id))?.state).toBe('open');
});
