import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Problem, problemOf, refuse } from '../../engine/contracts/errors.ts';
import type { BeginPaymentOutcome, OrderStore, PaymentIntent } from '../../engine/contracts/ports.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { committedUnits, insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from './order-store.ts';

let database: Awaited<ReturnType<typeof testPool>>;
let store: OrderStore;

beforeAll(async () => {
  database = await testPool();
  store = orderStoreOn(database.pool, createLog('silent'));
});
afterAll(() => database.close());

const codeOf = (outcome: BeginPaymentOutcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind);

const count = async (table: string, saleId: string) =>
  (await database.pool.query(`SELECT count(*)::int AS n FROM ${table} WHERE sale_id = $1`, [saleId])).rows[0]
    .n;

test('a first attempt is one order, one payment, and its units are committed', async () => {
  await insertSale(database.pool, 'first', { ps5: 10, case: 10 });
  const intent = testIntent({ saleId: 'first', items: { ps5: 1, case: 2 } });
  expect(await store.beginPayment(intent)).toEqual({ kind: 'accepted' });
  expect(await committedUnits(database.pool, 'first')).toEqual({ ps5: 1, case: 2 });
  const order = await store.order(intent.orderId, intent.buyerId);
  expect(order).toMatchObject({
    orderNumber: intent.orderNumber,
    status: 'pending',
    paymentStatus: 'initiated',
    total: { amount: 149_700, currency: 'USD' },
    items: [
      { sku: 'ps5', quantity: 1, unitPrice: { amount: 49_900, currency: 'USD' } },
      { sku: 'case', quantity: 2, lineTotal: { amount: 99_800, currency: 'USD' } },
    ],
    history: [{ from: null, to: 'pending', by: 'buyer' }],
  });
  expect(order).not.toHaveProperty('lastPaymentError');
  expect(await store.order(intent.orderId, 'somebody else')).toBeNull();
});

test('the same key again is pending; with another fingerprint it is refused', async () => {
  await insertSale(database.pool, 'repeat', { ps5: 10 });
  const intent = testIntent({ saleId: 'repeat' });
  await store.beginPayment(intent);
  expect(await store.beginPayment({ ...intent })).toEqual({ kind: 'pending' });
  expect(codeOf(await store.beginPayment({ ...intent, fingerprint: 'other' }))).toBe(
    'idempotency_key_reused',
  );
  const stored = (fingerprint: string) =>
    store.storedOutcome(intent.buyerId, 'pay', intent.idempotencyKey, fingerprint);
  expect(await stored(intent.fingerprint)).toEqual({ kind: 'pending' });
  expect(await stored('other')).toMatchObject({ code: 'idempotency_key_reused' });
  expect(await store.storedOutcome(intent.buyerId, 'pay', 'unknown', '')).toBeNull();
  expect(await committedUnits(database.pool, 'repeat')).toEqual({ ps5: 1 });
});

test('a key of a hundred requests at once, over two gateways, has one effect', async () => {
  await insertSale(database.pool, 'hundred', { ps5: 100 });
  const other = orderStoreOn(database.pool, createLog('silent'));
  const intent = testIntent({ saleId: 'hundred' });
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, at) => (at % 2 ? store : other).beginPayment({ ...intent })),
  );
  expect(outcomes.filter((outcome) => outcome.kind === 'accepted')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome.kind === 'pending')).toHaveLength(99);
  expect(await committedUnits(database.pool, 'hundred')).toEqual({ ps5: 1 });
  expect(await count('payments', 'hundred')).toBe(1);
});

test('an order is paid by one attempt at a time, whichever gateway it comes through', async () => {
  await insertSale(database.pool, 'keys', { ps5: 100 });
  const other = orderStoreOn(database.pool, createLog('silent'));
  const first = testIntent({ saleId: 'keys' });
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? store : other).beginPayment(
        testIntent({ saleId: 'keys', buyerId: first.buyerId, reservationId: first.reservationId }),
      ),
    ),
  );
  expect(outcomes.map(codeOf).sort()).toEqual(['accepted', ...Array(19).fill('payment_in_progress')]);
  expect(await committedUnits(database.pool, 'keys')).toEqual({ ps5: 1 });
});

const decline = (paymentId: string) =>
  database.pool.query(
    "UPDATE payments SET state = 'declined', decline_code = 'card_declined' WHERE payment_id = $1",
    [paymentId],
  );

/** Resolves when some statement waits for another transaction. */
const somebodyWaits = () =>
  eventually(
    async () =>
      (await database.pool.query('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted')).rows[0].n,
  ).toBeGreaterThan(0);

test('after a decline, too, one of many other cards is tried at a time', async () => {
  await insertSale(database.pool, 'cards', { ps5: 100 });
  const other = orderStoreOn(database.pool, createLog('silent'));
  const first = testIntent({ saleId: 'cards' });
  await store.beginPayment(first);
  await decline(first.paymentId);
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? store : other).beginPayment(
        testIntent({ saleId: 'cards', buyerId: first.buyerId, reservationId: first.reservationId }),
      ),
    ),
  );
  expect(outcomes.map(codeOf).sort()).toEqual(['accepted', ...Array(19).fill('payment_in_progress')]);
});

test('an order that fails while another card is on its way is not paid by it', async () => {
  await insertSale(database.pool, 'failing', { ps5: 100 });
  const first = testIntent({ saleId: 'failing' });
  await store.beginPayment(first);
  await decline(first.paymentId);
  const relay = await database.pool.connect();
  await relay.query('BEGIN');
  await relay.query("UPDATE orders SET status = 'failed' WHERE order_id = $1", [first.orderId]);
  const late = store.beginPayment(
    testIntent({ saleId: 'failing', buyerId: first.buyerId, reservationId: first.reservationId }),
  );
  await somebodyWaits();
  await relay.query('COMMIT');
  relay.release();
  expect(codeOf(await late)).toBe('reservation_expired');
});

/** The relay has told of the hold, and so of everything that happened before it. */
const relayHold = ({ saleId, reservationId }: PaymentIntent) =>
  database.pool.query(
    `INSERT INTO reservation_events (sale_id, position_ms, position_n, type, at, epoch, reservation_id, items)
     SELECT $1, 1, count(*), 'reservation.held', now(), 1, $2, '' FROM reservation_events WHERE sale_id = $1`,
    [saleId, reservationId],
  );

test('units that came back are paid for once the ledger knows, and nobody is blamed until then', async () => {
  await insertSale(database.pool, 'returning', { ps5: 1 });
  const first = testIntent({ saleId: 'returning' });
  await store.beginPayment(first);
  await decline(first.paymentId);
  const second = testIntent({ saleId: 'returning' });
  expect(await store.beginPayment(second)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  expect(await count('guard_refusals', 'returning')).toBe(0);

  await database.pool.query("UPDATE orders SET status = 'failed' WHERE order_id = $1", [first.orderId]);
  await database.pool.query("UPDATE sale_items SET committed = 0 WHERE sale_id = 'returning'");
  await relayHold(second);
  expect(await store.beginPayment(second)).toEqual({ kind: 'accepted' });
  expect(await count('guard_refusals', 'returning')).toBe(0);
});

test('the guard refuses what does not fit, and none of its neighbours', async () => {
  await insertSale(database.pool, 'guard', { ps5: 5, case: 100 });
  const intents = [
    ...Array.from({ length: 8 }, () => testIntent({ saleId: 'guard' })),
    ...Array.from({ length: 8 }, () => testIntent({ saleId: 'guard', items: { case: 1 } })),
    testIntent({ saleId: 'guard', items: { ps5: 1, case: 1 } }),
  ];
  for (const intent of intents) await relayHold(intent);
  const outcomes = (await Promise.all(intents.map((intent) => store.beginPayment(intent)))).map(codeOf);
  expect(outcomes.filter((code) => code === 'accepted')).toHaveLength(13);
  expect(outcomes.filter((code) => code === 'unavailable')).toHaveLength(4);
  expect(outcomes.slice(8, 16)).toEqual(Array(8).fill('accepted'));
  expect(await committedUnits(database.pool, 'guard')).toEqual({ ps5: 5, case: 8 });
  expect(await count('orders', 'guard')).toBe(13);
  expect(await count('payments', 'guard')).toBe(13);
  expect(await count('guard_refusals', 'guard')).toBe(4);
});

test('an SKU that the sale does not have is refused', async () => {
  await insertSale(database.pool, 'foreign', { ps5: 5 });
  const [good, bad] = await Promise.all([
    store.beginPayment(testIntent({ saleId: 'foreign' })),
    store.beginPayment(testIntent({ saleId: 'foreign', items: { other: 1 } })),
  ]);
  expect([good, bad].map(codeOf)).toEqual(['accepted', 'unavailable']);
});

test('a commit of another epoch is refused, even when the epoch ends while it waits', async () => {
  await insertSale(database.pool, 'epoch', { ps5: 5 });
  expect(codeOf(await store.beginPayment(testIntent({ saleId: 'epoch', epoch: 2 })))).toBe('unavailable');
  const rebuild = await database.pool.connect();
  await rebuild.query('BEGIN');
  await rebuild.query("UPDATE sales SET epoch = 2 WHERE id = 'epoch'");
  const late = store.beginPayment(testIntent({ saleId: 'epoch', epoch: 1 }));
  await somebodyWaits();
  await rebuild.query('COMMIT');
  rebuild.release();
  expect(codeOf(await late)).toBe('unavailable');
  expect(await committedUnits(database.pool, 'epoch')).toEqual({ ps5: 0 });
  expect(codeOf(await store.beginPayment(testIntent({ saleId: 'epoch', epoch: 2 })))).toBe('accepted');
});

test('of a commit and whoever gives its attempt up one wins, and both know which', async () => {
  await insertSale(database.pool, 'given-up', { ps5: 40 });
  const other = orderStoreOn(database.pool, createLog('silent'));
  const begun = await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const intent = testIntent({ saleId: 'given-up' });
      const giveUp = () => other.abandon(intent, null);
      const before = at % 2 === 0 ? giveUp() : null;
      const [outcome, given] = await Promise.all([store.beginPayment(intent), before ?? giveUp()]);
      const isAbandoned = given === 'now';
      expect(codeOf(outcome)).toBe(isAbandoned ? 'payment_abandoned' : 'accepted');
      // Whoever asks again is told the same.
      expect(await store.abandon(intent, null)).toBe(isAbandoned ? 'before' : 'never');
      return !isAbandoned;
    }),
  );
  const accepted = begun.filter((isBegun) => isBegun).length;
  expect(await count('orders', 'given-up')).toBe(accepted);
  expect(await committedUnits(database.pool, 'given-up')).toEqual({ ps5: accepted });
});

test('what an attempt was given up with is kept by whoever gave it up first, and by no payment', async () => {
  await insertSale(database.pool, 'refused', { ps5: 5 });
  const [attempt, begun] = [testIntent({ saleId: 'refused' }), testIntent({ saleId: 'refused' })];
  const [first, second] = ['one', 'two'].map((id) => problemOf(refuse('price_changed'), id)) as [
    Problem,
    Problem,
  ];
  expect(await store.refusalOf(attempt)).toBeNull();
  expect(await store.abandon(attempt, first)).toBe('now');
  expect(await store.abandon(attempt, second)).toBe('before');
  expect(await store.refusalOf(attempt)).toEqual({ kind: 'final', status: 409, body: first });
  expect(await store.refusalOf({ ...attempt, buyerId: 'another' })).toBeNull();
  await store.beginPayment(begun);
  expect(await store.abandon(begun, second)).toBe('never');
  expect(await store.refusalOf(begun)).toBeNull();
});

test('an attempt that was abandoned is refused, and so is one on an order that has ended', async () => {
  await insertSale(database.pool, 'ended', { ps5: 5 });
  const abandoned = testIntent({ saleId: 'ended' });
  expect(await store.abandon(abandoned, null)).toBe('now');
  expect(codeOf(await store.beginPayment(abandoned))).toBe('payment_abandoned');

  const paid = testIntent({ saleId: 'ended' });
  await store.beginPayment(paid);
  const again = () =>
    store.beginPayment(
      testIntent({ saleId: 'ended', buyerId: paid.buyerId, reservationId: paid.reservationId }),
    );
  const move = (state: string, status: string) =>
    database.pool.query(
      `WITH payment AS (UPDATE payments SET state = $2, decline_code = 'x' WHERE payment_id = $1)
       UPDATE orders SET status = $3 WHERE order_id = $4`,
      [paid.paymentId, state, status, paid.orderId],
    );
  await move('captured', 'confirmed');
  expect(await again()).toMatchObject({ code: 'already_paid', members: { orderId: paid.orderId } });

  const lapsed = testIntent({ saleId: 'ended' });
  await store.beginPayment(lapsed);
  await database.pool.query(
    `WITH payment AS (UPDATE payments SET state = 'declined', decline_code = 'x' WHERE payment_id = $1)
     UPDATE orders SET status = 'failed' WHERE order_id = $2`,
    [lapsed.paymentId, lapsed.orderId],
  );
  expect(
    codeOf(
      await store.beginPayment(
        testIntent({ saleId: 'ended', buyerId: lapsed.buyerId, reservationId: lapsed.reservationId }),
      ),
    ),
  ).toBe('reservation_expired');
});

test('after a decline another card pays the same order, and its units are committed once', async () => {
  await insertSale(database.pool, 'decline', { ps5: 5 });
  const first = testIntent({ saleId: 'decline', paymentToken: 'tok_declined' });
  await store.beginPayment(first);
  await decline(first.paymentId);
  const second = testIntent({
    saleId: 'decline',
    buyerId: first.buyerId,
    reservationId: first.reservationId,
  });
  expect(await store.beginPayment(second)).toEqual({ kind: 'accepted' });
  expect(await store.beginPayment({ ...second })).toEqual({ kind: 'pending' });
  expect(await committedUnits(database.pool, 'decline')).toEqual({ ps5: 1 });
  expect(await count('orders', 'decline')).toBe(1);
  expect(await count('payments', 'decline')).toBe(2);
});
