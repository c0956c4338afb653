import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { calculatorsOf } from '../../engine/index.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { createLog } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import { followRedis } from '../reconciliation/epochs.ts';
import { workOf } from '../workers/work.ts';
import { beginSlowly } from './begin-slow.ts';
import { slowSalesOn } from './slow-sales.ts';
import { tendSlowSale } from './tend.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeEach(async () => {
  house = await testHouse();
});
afterEach(() => house.close());

const one = { items: [{ sku: 'ps5', quantity: 1 }] };
/** Until everything is in the journal; a worker may be at it, too. */
const relay = (saleId: string) =>
  expect
    .poll(async () => {
      await relayAll(house.database.pool, house.settlement, log, saleId);
      const { rows } = await house.database.pool.query<{ position: string }>(
        'SELECT position FROM sale_relays WHERE sale_id = $1',
        [saleId],
      );
      return (await house.settlement.outboxLag(saleId, rows[0]?.position ?? '0-0')).entries;
    })
    .toBe(0);
const tend = (saleId: string) => tendSlowSale(house.database.pool, log, saleId);
const follow = (saleId: string) =>
  followRedis(
    { rows: house.database.pool, reports: house.reports, settlement: house.settlement, log },
    saleId,
  );

/** A sale that sells from Redis, and would go on without it. */
async function openSale(units: number, changes: Partial<CreateSale> = {}): Promise<LiveSale> {
  const sale = await house.openSale(units, { whenRedisIsDown: 'slow', ...changes });
  await follow(sale.config.id);
  return sale;
}

/** What a worker does once Redis has been away for long enough, and what a gateway hears of it. */
async function goSlow(sale: LiveSale): Promise<void> {
  await relay(sale.config.id);
  expect(await beginSlowly(house.reports, log, sale.config.id, sale.snapshot.epoch)).toBe(true);
  await house.engine.followSlowSales();
}

/** Redis is there: what a worker and a gateway do then. */
async function comeBack(sale: LiveSale): Promise<void> {
  await follow(sale.config.id);
  await house.engine.followSlowSales();
  await house.engine.runOnce();
}

/** A worker that does not reach Redis: what it does for slow sales, once. With another, Redis would be followed. */
async function workSlowly(): Promise<void> {
  const nobody = { wake: async () => {} };
  const { slowPasses } = workOf({
    ...{ rows: house.database.pool, reports: house.reports, settlement: house.settlement, log, times: {} },
    ...{ providers: [house.provider], tokenSecret: house.tokenSecret, queue: house.queue, at: () => {} },
    ...{ refunds: nobody, deliveries: nobody, mails: nobody, mail: null, smtp: null },
    ...{ heartbeat: { beat: async () => {} }, sending: { allowsPrivate: false, timeoutMs: 1 } },
  });
  for (const [name, , run] of slowPasses) if (name !== 'absence of Redis') await run();
  for (const [name, , run] of slowPasses) if (name === 'slow sales') await run();
}
async function paySlowly(hold: Hold): Promise<void> {
  expect((await house.pay(hold)).kind).toBe('pending');
  await workSlowly();
  expect([await orderOf(hold), await stateOf(hold)]).toEqual(['confirmed', 'confirmed']);
}

const reserve = (sale: LiveSale, buyerId: string, request = one) =>
  house.engine.desk.reserve(sale, buyerId, request);
async function answerOf(asked: Promise<unknown> | unknown): Promise<string> {
  try {
    const answer = (await asked) as { kind: string; code?: string };
    return answer.code ?? answer.kind;
  } catch (error) {
    return (error as Error).name;
  }
}
const stateOf = async ({ reservationId, buyerId }: Hold) => {
  const found = await house.engine.desk.reservation(reservationId, buyerId);
  return found.kind === 'found' ? found.reservation.state : found.code;
};
const usd = (amount: number) => ({ amount, currency: 'USD' });
const shippingAddress = { name: 'Ann', line1: '1', city: 'London', postalCode: 'N1', country: 'GB' };
const patch = ({ checkoutId, buyerId }: Hold) =>
  house.engine.desk.reprice(checkoutId, buyerId, { shippingAddress });
const orderOf = async ({ checkoutId, buyerId }: Hold) =>
  (await house.orders.order(`ord_${checkoutId.slice(4)}`, buyerId))?.status ?? null;

async function payAndSettle(hold: Hold): Promise<void> {
  expect((await house.pay(hold)).kind).toBe('pending');
  await expect.poll(() => orderOf(hold)).toBe('confirmed');
}

async function expectSound(saleId: string) {
  await relay(saleId);
  const audit = await house.sales.audit(saleId);
  expect(audit).toMatchObject({ oversold: 0, undersold: 0, discrepancies: [] });
  return audit;
}

test('while Redis is away a sale goes on through Postgres, and comes back with all that it sold', async () => {
  const sale = await openSale(6);
  const { id } = sale.config;
  await house.startWorker();
  const soldBefore = await house.hold(sale);
  await payAndSettle(soldBefore);
  const heldBefore = await house.hold(sale);
  await expect.poll(() => stateOf(soldBefore)).toBe('confirmed');
  await relay(id);

  await house.redis.process.stop(2_000);
  await expect
    .poll(async () => {
      await house.engine.followSlowSales();
      return sale.snapshot;
    })
    .toMatchObject({ isSlow: true, epoch: 2, state: 'open', stock: [{ available: 4, held: 1, sold: 1 }] });

  const held = await house.hold(sale);
  expect(await reserve(sale, held.buyerId)).toMatchObject({
    kind: 'held',
    fresh: false,
    reserved: { reservation: { id: held.reservationId } },
  });
  const sold = await house.hold(sale);
  await payAndSettle(sold);
  await payAndSettle(heldBefore);
  await expect.poll(() => stateOf(sold)).toBe('confirmed');
  const released = await house.hold(sale);
  expect(await house.engine.desk.release(released.reservationId, released.buyerId)).toEqual({
    kind: 'released',
  });
  const declined = await house.hold(sale);
  expect((await house.pay(declined, 'tok_declined')).kind).toBe('pending');
  await expect.poll(() => stateOf(declined)).toBe('held');

  await house.redis.restart();
  await expect
    .poll(async () => {
      await house.engine.followSlowSales();
      await house.engine.runOnce();
      return sale.snapshot;
    })
    .toMatchObject({ epoch: 3, stock: [{ units: 6, available: 1, held: 2, paying: 0, sold: 3 }] });
  expect(sale.snapshot.isSlow).toBeUndefined();
  expect(await Promise.all([soldBefore, heldBefore, held, sold, released, declined].map(stateOf))).toEqual([
    'confirmed',
    'confirmed',
    'held',
    'confirmed',
    'released',
    'held',
  ]);
  expect(await answerOf(reserve(sale, sold.buyerId))).toBe('buyer_limit_reached');
  expect(await answerOf(patch(declined))).toBe('invalid_transition');
  await payAndSettle(declined);
  await payAndSettle(held);
  await payAndSettle(await house.hold(sale));
  await expect.poll(async () => (await house.sales.audit(id))?.state).toBe('sold_out');
  const audit = await expectSound(id);
  expect(audit).toMatchObject({
    orders: { confirmed: 6, pending: 0, failed: 0 },
    ledger: { sold: 6, balanced: true },
    items: [{ units: 6, available: 0, held: 0, paying: 0, sold: 6, committed: 6 }],
  });
});

test('an order that was placed slowly keeps its price, whatever that would come to since', async () => {
  const sale = await openSale(1);
  await goSlow(sale);
  const hold = await house.hold(sale);
  await patch(hold);
  await house.database.pool.query("UPDATE quotes SET locked_until = now() - interval '1 minute'");
  const dearer = calculatorsOf({ shipping: [{ country: '*', price: usd(500) }], tax: [] });
  const slowSales = slowSalesOn(house.database.pool, log);
  const other = await house.openGateway({ calculators: dearer, slowSales });
  await other.sales.find(sale.config.id);
  await other.followSlowSales();
  const { checkoutId, buyerId } = hold;
  const payAt = ({ desk }: typeof other, paymentToken: string) => {
    const request = { paymentMethod: 'card', paymentToken, expectedTotal: usd(50_400) } as const;
    return desk.pay({ checkoutId, buyerId, idempotencyKey: paymentToken, request });
  };
  expect(await answerOf(payAt(other, 'tok_declined'))).toBe('pending');
  await workSlowly();
  await comeBack(sale);
  expect(await stateOf(hold)).toBe('held');
  expect(await house.engine.desk.checkout(checkoutId, buyerId)).toMatchObject({
    checkout: { total: usd(50_400) },
  });
  expect(await answerOf(patch(hold))).toBe('invalid_transition');
  await house.startWorker();
  expect(await answerOf(payAt(house.engine, 'tok_visa'))).toBe('pending');
  await expect.poll(() => orderOf(hold)).toBe('confirmed');
  expect(await house.orders.orders(buyerId, 1, null)).toMatchObject({ data: [{ total: usd(50_400) }] });
  await other.close();
});

test('a gateway that still sees Redis sells nothing beside it: what it holds there is never paid, and is gone after', async () => {
  const sale = await openSale(2);
  const { id } = sale.config;
  const early = await house.hold(sale);
  const other = await house.openGateway();
  const seen = (await other.sales.find(id)) as LiveSale;
  await goSlow(sale);

  // The last unit is held in Redis by one buyer, and in Postgres by another.
  const there = await other.desk.reserve(seen, 'there', one);
  if (there.kind !== 'held') throw new Error(JSON.stringify(there));
  const here = await house.hold(sale, 'here');
  const { id: reservationId } = there.reserved.reservation;
  const hold = { buyerId: 'there', reservationId, checkoutId: there.reserved.checkoutId } as Hold;
  expect(await answerOf(house.payAt(hold, {}))).toBe('unavailable');
  expect(await answerOf(house.payAt(early, {}))).toBe('unavailable');
  expect(await answerOf(house.pay(hold))).toBe('checkout_not_found');
  await paySlowly(here);
  await paySlowly(early);
  expect(await answerOf(reserve(sale, 'there'))).toBe('sold_out');

  await comeBack(sale);
  expect(await stateOf(hold)).toBe('reservation_not_found');
  expect((await expectSound(id))?.items).toMatchObject([{ available: 0, held: 0, paying: 0, sold: 2 }]);
  expect(house.provider.captures()).toBe(2);
  await other.close();
});

test('a Redis that is back is not told of an epoch in which a sale sells slowly', async () => {
  const sale = await openSale(1);
  const { id } = sale.config;
  await house.redis.process.stop(2_000);
  await house.redis.restart();
  await expect.poll(() => answerOf(house.settlement.saleIds())).not.toBe('RedisUnavailable');
  // One worker sees that it was only restarted; before it says so, another one has given Redis up.
  const slowly = {
    ...house.settlement,
    async life(saleId: string) {
      const life = await house.settlement.life(saleId);
      expect(await beginSlowly(house.reports, log, saleId, 1)).toBe(true);
      return life;
    },
  };
  await followRedis({ rows: house.database.pool, reports: house.reports, settlement: slowly, log }, id);
  expect((await house.settlement.life(id)).epoch).toBe(1);
  await house.engine.followSlowSales();
  const hold = await house.hold(sale);
  await comeBack(sale);
  expect(sale.snapshot).toMatchObject({ epoch: 3, stock: [{ available: 0, held: 1 }] });
  expect(await stateOf(hold)).toBe('held');
});

test('what Redis had decided and nobody had relayed is over with its epoch', async () => {
  const sale = await openSale(1);
  const { id } = sale.config;
  const unheard = await house.hold(sale);
  expect(await beginSlowly(house.reports, log, id, 1)).toBe(true);
  await house.engine.followSlowSales();
  expect(await stateOf(unheard)).toBe('reservation_not_found');
  const hold = await house.hold(sale);
  await comeBack(sale);
  expect(await Promise.all([unheard, hold].map(stateOf))).toEqual(['reservation_not_found', 'held']);
  expect((await expectSound(id))?.items).toMatchObject([{ available: 0, held: 1 }]);
});

test('limits count what was held and bought before, and after it what was meanwhile', async () => {
  const sale = await openSale(10, { perBuyerLimit: 2 });
  const { id } = sale.config;
  const two = { items: [{ sku: 'ps5', quantity: 2 }] };
  const worker = await house.startWorker();
  const bought = await house.hold(sale);
  await payAndSettle(bought);
  await expect.poll(() => stateOf(bought)).toBe('confirmed');
  await worker.close();
  const held = await house.hold(sale);
  await goSlow(sale);
  expect(await answerOf(reserve(sale, bought.buyerId, two))).toBe('buyer_limit_reached');
  expect(await answerOf(reserve(sale, held.buyerId, two))).toBe('reservation_exists');
  const again = await house.hold(sale, bought.buyerId);
  expect(again.reservationId).not.toBe(bought.reservationId);
  await paySlowly(again);
  expect(await answerOf(reserve(sale, bought.buyerId))).toBe('buyer_limit_reached');
  expect(await answerOf(reserve(sale, 'x', { items: [{ sku: 'ps6', quantity: 1 }] }))).toBe('sku_not_found');
  await comeBack(sale);
  expect(await answerOf(reserve(sale, bought.buyerId))).toBe('buyer_limit_reached');
  await expectSound(id);
});

test('a hold ends with its time, its unit goes to whoever comes, and an order of it fails', async () => {
  const sale = await openSale(1, { holdSeconds: 2 });
  const { id } = sale.config;
  await goSlow(sale);
  const lapsing = await house.hold(sale);
  expect((await house.pay(lapsing, 'tok_declined')).kind).toBe('pending');
  expect(await stateOf(lapsing)).toBe('paying');
  await workSlowly();
  expect(await stateOf(lapsing)).toMatch(/held|expired/);
  const next = await reserve(sale, 'next');
  if (next.kind === 'refused') {
    expect(next).toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
  }
  // Nobody tends it but whoever asks, or the pass.
  await expect
    .poll(async () => {
      await tend(id);
      return answerOf(reserve(sale, 'next'));
    })
    .toBe('held');
  expect(await stateOf(lapsing)).toBe('expired');
  expect(await orderOf(lapsing)).toBe('failed');
  expect(await answerOf(house.pay(lapsing))).toBe('reservation_expired');
  await comeBack(sale);
  expect(await stateOf(lapsing)).toBe('expired');
  await expect
    .poll(async () => {
      await house.engine.runOnce();
      return sale.snapshot.stock;
    })
    .toMatchObject([{ available: 1, held: 0, sold: 0 }]);
  await expectSound(id);
});

test('a hold that ends while a decision waits for its turn is over for that decision', async () => {
  const sale = await openSale(1, { holdSeconds: 2 });
  const { id } = sale.config;
  await goSlow(sale);
  const lapsing = await house.hold(sale, 'ann');
  const before = await reserve(sale, 'ann');
  const isOver = () =>
    Date.now() > Date.parse(before.kind === 'held' ? before.reserved.reservation.expiresAt : '');
  const holding = await house.database.pool.connect();
  await holding.query('BEGIN');
  await holding.query('SELECT FROM sale_relays WHERE sale_id = $1 FOR UPDATE', [id]);
  const again = reserve(sale, 'ann');
  await expect.poll(isOver, { timeout: 5_000 }).toBe(true);
  await holding.query('COMMIT');
  holding.release();
  const outcome = await again;
  expect(outcome).toMatchObject({ kind: 'held', fresh: true });
  expect(outcome.kind === 'held' && outcome.reserved.reservation.id).not.toBe(lapsing.reservationId);
  expect(await stateOf(lapsing)).toBe('expired');
});

test('a pin whose payment was never committed is fenced off before its hold ends', async () => {
  const sale = await openSale(1);
  const { id } = sale.config;
  await goSlow(sale);
  const hold = await house.hold(sale);
  const paymentId: PaymentId = 'pay_slept';
  const slow = slowSalesOn(house.database.pool, log);
  const pin = { saleId: id, epoch: 2, ...hold, paymentId };
  expect(await slow.beginPayment(pin)).toMatchObject({ kind: 'pinned' });
  expect(await slow.beginPayment(pin)).toMatchObject({ kind: 'pinned' });
  expect(await slow.beginPayment({ ...pin, paymentId: 'pay_other' })).toEqual({ kind: 'in_progress' });
  expect(await slow.release(pin)).toBe('paying');
  await house.database.pool.query(
    "UPDATE slow_reservations SET deadline = now() - interval '1 second' WHERE sale_id = $1",
    [id],
  );
  await tend(id);
  expect(await stateOf(hold)).toBe('paying');
  await house.database.pool.query(
    "UPDATE slow_reservations SET pinned_until = now() - interval '1 second' WHERE sale_id = $1",
    [id],
  );
  await tend(id);
  expect(await stateOf(hold)).toBe('expired');
  // The gateway that pinned it wakes up, and is refused.
  const late = testIntent({ saleId: id });
  const { buyerId, reservationId, checkoutId } = hold;
  const orderId = `ord_${checkoutId.slice(4)}` as const;
  const intent = { ...late, epoch: 2, paymentId, buyerId, reservationId, checkoutId, orderId };
  expect(await house.orders.beginPayment(intent)).toMatchObject({ code: 'payment_abandoned' });
  await house.hold(sale);
  await comeBack(sale);
  expect((await expectSound(id))?.items).toMatchObject([{ available: 0, held: 1, committed: 0 }]);
});

test('an attempt that is given up lets its hold go at once, and another card pays it', async () => {
  const sale = await openSale(1);
  await goSlow(sale);
  const hold = await house.hold(sale);
  await house.pay(hold, 'tok_declined', 'k');
  await workSlowly();
  expect(await house.pay(hold, 'tok_visa', 'k')).toMatchObject({ code: 'idempotency_key_reused' });
  expect(await stateOf(hold)).toBe('held');
  await paySlowly(hold);
});

test('each key of several declined cards keeps its outcome, as it does in Redis', async () => {
  const sale = await openSale(1);
  await goSlow(sale);
  const hold = await house.hold(sale);
  for (const key of ['first', 'second']) {
    await house.pay(hold, 'tok_declined', key);
    await workSlowly();
  }
  for (const key of ['first', 'second', 'first']) {
    expect(await house.pay(hold, 'tok_declined', key)).toMatchObject({
      kind: 'final',
      status: 402,
      replayed: true,
    });
  }
  await paySlowly(hold);
});

test('buyers who come at once, through several gateways, get every unit once', async () => {
  const sale = await openSale(20, { perBuyerLimit: 2 });
  const { id } = sale.config;
  await goSlow(sale);
  const gateways = [1, 2, 3].map(() => slowSalesOn(house.database.pool, log));
  const asked = Array.from({ length: 90 }, (_, at) => ({
    ...{ saleId: id, saleNumber: sale.config.number, epoch: 2, turn: null },
    buyerId: `buyer-${at % 30}`,
    items: [{ sku: 'ps5', quantity: 1 + (at % 2) }],
  }));
  const decisions = await Promise.all(asked.map((one, at) => gateways[at % 3]?.reserve(one)));
  const held = new Map(
    decisions.flatMap((decision, at) =>
      decision?.kind === 'held' ? [[decision.id, asked[at]?.items[0]?.quantity ?? 0]] : [],
    ),
  );
  expect([...held.values()].reduce((sum, quantity) => sum + quantity, 0)).toBe(20);
  await comeBack(sale);
  expect(sale.snapshot.stock).toMatchObject([{ available: 0, held: 20, sold: 0 }]);
  expect((await expectSound(id))?.items).toMatchObject([{ units: 20, held: 20 }]);
});

test('an operator pauses, resumes and closes it; it comes back as it was left', async () => {
  const sale = await openSale(3);
  const { id } = sale.config;
  await goSlow(sale);
  const held = await house.hold(sale);
  const order = (command: 'open' | 'pause' | 'resume' | 'close') => house.sales.command(id, command);
  expect(await order('open')).toEqual({ kind: 'done', state: 'open' });
  expect(await order('pause')).toEqual({ kind: 'done', state: 'paused' });
  expect(await order('pause')).toEqual({ kind: 'done', state: 'paused' });
  expect(await order('open')).toMatchObject({ code: 'invalid_transition', members: { state: 'paused' } });
  expect(await answerOf(reserve(sale, 'x'))).toBe('sale_paused');
  expect(await answerOf(house.sales.patch(id, { title: 'Other' }))).toBe('unavailable');
  await comeBack(sale);
  expect(sale.snapshot.state).toBe('paused');
  expect(await order('resume')).toMatchObject({ kind: 'done', state: 'open' });
  await relay(id);
  await house.engine.runOnce();

  await house.database.pool.query('UPDATE sales SET slow_until = NULL WHERE id = $1', [id]);
  await goSlow(sale);
  expect(await order('close')).toEqual({ kind: 'done', state: 'closed' });
  expect(await answerOf(reserve(sale, 'x'))).toBe('sale_closed');
  await paySlowly(held);
  await comeBack(sale);
  expect(sale.snapshot.state).toBe('closed');
  await expectSound(id);
});

test('nobody goes slowly who refuses, twice, or again at once; of many who begin one does', async () => {
  const refusing = await house.openSale(1);
  expect(await beginSlowly(house.reports, log, refusing.config.id, 1)).toBe(false);
  const sale = await openSale(1);
  const { id } = sale.config;
  await relay(id);
  const begun = await Promise.all([1, 2, 3].map(() => beginSlowly(house.reports, log, id, 1)));
  expect(begun.filter(Boolean)).toHaveLength(1);
  expect(await beginSlowly(house.reports, log, id, 2)).toBe(false);
  await comeBack(sale);
  expect(await beginSlowly(house.reports, log, id, 3)).toBe(false);
  expect(sale.snapshot).toMatchObject({ epoch: 3, state: 'open' });
});

test('what was pinned in Redis is not committed in the epoch that began meanwhile', async () => {
  const sale = await openSale(1);
  const { id } = sale.config;
  const hold = await house.hold(sale);
  await relay(id);
  let seen: LiveSale | null = null;
  const other = await house.openGateway({
    at: (point) => {
      if (point === 'pay:pinned' && seen) seen.snapshot = { ...seen.snapshot, epoch: 2 };
    },
  });
  seen = await other.sales.find(id);
  expect(await beginSlowly(house.reports, log, id, 1)).toBe(true);
  const { checkoutId, buyerId } = hold;
  const request = { paymentMethod: 'card', paymentToken: 'tok_visa' } as const;
  const attempt = { checkoutId, buyerId, idempotencyKey: 'a key', request };
  expect(await answerOf(other.desk.pay(attempt))).toBe('unavailable');
  expect(await orderOf(hold)).toBeNull();
  await other.close();
});
