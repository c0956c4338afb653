import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderStore, PaymentIntent } from '../../engine/contracts/ports.ts';
import { eventually } from '../fixtures/eventually.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { committedUnits, insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from '../orders/order-store.ts';
import { type PaymentRow, paymentReader } from './payment-row.ts';
import { type Settlements, settlementsOn } from './settlements.ts';

let database: Awaited<ReturnType<typeof testPool>>;
const decision = { provider: 'card', by: 'saga' };

let store: OrderStore;
let settlements: Settlements;
let read: ReturnType<typeof paymentReader>;

beforeAll(async () => {
  database = await testPool();
  store = orderStoreOn(database.pool, createLog('silent'));
  settlements = settlementsOn(database.pool, createLog('silent'));
  read = paymentReader(database.pool);
});
afterAll(() => database.close());

async function begun(intent: PaymentIntent): Promise<PaymentRow> {
  expect((await store.beginPayment(intent)).kind).toBe('accepted');
  return (await read(intent.paymentId)) as PaymentRow;
}

const sums = async (saleId: string) =>
  (
    await database.pool.query<{ account: string; asset: string; amount: number }>(
      `SELECT account, asset, sum(amount)::bigint AS amount
       FROM ledger_entries JOIN ledger_transactions ON ledger_transactions.id = transaction_id
       WHERE sale_id = $1 GROUP BY account, asset ORDER BY account`,
      [saleId],
    )
  ).rows;

test('a capture confirms the order, answers its key and posts units and money', async () => {
  await insertSale(database.pool, 'capture', { ps5: 10, case: 10 });
  const intent = testIntent({ saleId: 'capture', items: { ps5: 1, case: 3 } });
  const payment = await begun(intent);
  expect(payment).toMatchObject({ state: 'initiated', payment_token: 'tok_visa', amount_minor: 199_600 });
  const body = {
    orderId: intent.orderId,
    orderNumber: intent.orderNumber,
    status: 'confirmed',
    paymentStatus: 'captured',
    total: { amount: 199_600, currency: 'USD' },
  };
  expect(
    await settlements.capture(payment, { kind: 'captured', providerReference: 'pi_1', ...decision }),
  ).toEqual({
    kind: 'settled',
    answer: { status: 201, body },
  });
  expect(await store.beginPayment({ ...intent })).toEqual({ kind: 'final', status: 201, body });
  expect(await store.order(intent.orderId, intent.buyerId)).toMatchObject({
    status: 'confirmed',
    paymentStatus: 'captured',
    history: [{ to: 'pending' }, { from: 'pending', to: 'confirmed', by: 'payment' }],
  });
  expect(await sums('capture')).toEqual([
    { account: 'provider/card', asset: 'USD', amount: -199_600 },
    { account: 'sale/capture/revenue', asset: 'USD', amount: 199_600 },
    { account: 'sale/capture/sold', asset: 'unit/case', amount: 3 },
    { account: 'sale/capture/sold', asset: 'unit/ps5', amount: 1 },
    { account: 'sale/capture/stock', asset: 'unit/case', amount: -3 },
    { account: 'sale/capture/stock', asset: 'unit/ps5', amount: -1 },
  ]);
  expect(await committedUnits(database.pool, 'capture')).toEqual({ ps5: 1, case: 3 });
  expect((await read(intent.paymentId))?.payment_token).toBeNull();
});

test('a settlement that is repeated, by anybody, changes nothing', async () => {
  await insertSale(database.pool, 'twice', { ps5: 100 });
  const other = settlementsOn(database.pool, createLog('silent'));
  const payments = await Promise.all(
    Array.from({ length: 30 }, () => begun(testIntent({ saleId: 'twice' }))),
  );
  const outcomes = await Promise.all(
    [settlements, other, settlements].flatMap((by) =>
      payments.map((payment) =>
        by.capture(payment, { kind: 'captured', providerReference: 'pi_2', ...decision }),
      ),
    ),
  );
  expect(outcomes.filter((outcome) => outcome.kind === 'settled')).toHaveLength(30);
  expect(outcomes.filter((outcome) => outcome.kind === 'settled before')).toHaveLength(60);
  const late = await Promise.all(
    payments.map((payment) =>
      settlements.decline(payment, {
        kind: 'declined',
        ...decision,
        declineCode: 'x',
        providerReference: null,
      }),
    ),
  );
  expect(late).toEqual(Array(30).fill({ kind: 'settled before' }));
  expect(await sums('twice')).toContainEqual({
    account: 'sale/twice/sold',
    asset: 'unit/ps5',
    amount: 30,
  });
});

test('a decline leaves the order pending with its reason, and another card confirms it', async () => {
  await insertSale(database.pool, 'card', { ps5: 10 });
  const first = testIntent({ saleId: 'card', paymentToken: 'tok_declined' });
  const settled = await settlements.decline(await begun(first), {
    kind: 'declined',
    ...decision,
    declineCode: 'card_declined',
    providerReference: 'pi_3',
  });
  expect(settled).toMatchObject({
    kind: 'settled',
    answer: {
      status: 402,
      body: {
        code: 'payment_declined',
        declineCode: 'card_declined',
        status: 402,
        retryable: false,
        requestId: first.requestId,
      },
    },
  });
  expect(
    await store.storedOutcome(first.buyerId, 'pay', first.idempotencyKey, first.fingerprint),
  ).toMatchObject({
    kind: 'final',
    status: 402,
    body: { declineCode: 'card_declined' },
  });
  expect(await store.order(first.orderId, first.buyerId)).toMatchObject({
    status: 'pending',
    paymentStatus: 'declined',
    lastPaymentError: { code: 'payment_declined', declineCode: 'card_declined' },
  });
  const second = testIntent({ saleId: 'card', buyerId: first.buyerId, reservationId: first.reservationId });
  await settlements.capture(await begun(second), {
    kind: 'captured',
    providerReference: 'pi_4',
    ...decision,
  });
  const order = await store.order(first.orderId, first.buyerId);
  expect(order).toMatchObject({ status: 'confirmed', paymentStatus: 'captured' });
  expect(order).not.toHaveProperty('lastPaymentError');
  expect(await committedUnits(database.pool, 'card')).toEqual({ ps5: 1 });
});

test('where nobody was asked, a payment is declined under its latest claim alone', async () => {
  await insertSale(database.pool, 'fenced', { ps5: 10 });
  const payment = await begun(testIntent({ saleId: 'fenced' }));
  await database.pool.query("UPDATE payments SET fence = 2 WHERE sale_id = 'fenced'");
  const away = { kind: 'declined', declineCode: 'provider_unavailable', providerReference: null } as const;
  const under = (fence: number) =>
    settlements.decline(payment, { ...away, provider: null, by: 'saga', fence });
  expect(await under(1)).toEqual({ kind: 'settled before' });
  expect((await read(payment.payment_id))?.state).toBe('initiated');
  expect(await under(2)).toMatchObject({ kind: 'settled' });
  expect((await read(payment.payment_id))?.state).toBe('declined');
});

test('money of a payment that had been declined calls a person, once', async () => {
  await insertSale(database.pool, 'taken', { ps5: 10 });
  const [declined, captured] = [
    await begun(testIntent({ saleId: 'taken' })),
    await begun(testIntent({ saleId: 'taken' })),
  ];
  const capture = (payment: PaymentRow) =>
    settlements.capture(payment, { kind: 'captured', providerReference: 'pi_6', ...decision });
  await settlements.decline(declined, {
    ...{ kind: 'declined', declineCode: 'settled_by_operator', providerReference: null, ...decision },
  });
  for (const payment of [declined, declined, captured, captured]) await capture(payment);
  const { rows } = await database.pool.query(
    `SELECT payment_id, state, unresolved, jsonb_path_query_array(saga, '$[*].step') AS steps
     FROM payments WHERE sale_id = 'taken' ORDER BY state`,
  );
  expect(rows).toEqual([
    { payment_id: captured.payment_id, state: 'captured', unresolved: null, steps: ['begin', 'settle'] },
    {
      payment_id: declined.payment_id,
      state: 'declined',
      unresolved: 'card took the money (pi_6) of a payment that had ended',
      steps: ['begin', 'settle', 'unresolved'],
    },
  ]);
});

test('a capture after its order has ended is on record, confirms nothing, and goes back', async () => {
  await insertSale(database.pool, 'late', { ps5: 10 });
  // Chosen by a client, with all that JSON escapes.
  const intent = { ...testIntent({ saleId: 'late' }), requestId: '","\\u0000{requestId}' };
  const payment = await begun(intent);
  await database.pool.query("UPDATE orders SET status = 'failed' WHERE order_id = $1", [intent.orderId]);
  expect(
    await settlements.capture(payment, { kind: 'captured', providerReference: 'pi_5', ...decision }),
  ).toEqual({
    kind: 'captured without order',
  });
  expect(await store.order(intent.orderId, intent.buyerId)).toMatchObject({
    status: 'failed',
    paymentStatus: 'captured',
  });
  expect(await sums('late')).toEqual([
    { account: 'provider/card', asset: 'USD', amount: -49_900 },
    { account: 'sale/late/revenue', asset: 'USD', amount: 49_900 },
  ]);
  const { rows } = await database.pool.query(
    `SELECT refunds.amount_minor, refunds.state, payments.refunding_minor
     FROM refunds JOIN payments USING (payment_id) WHERE refunds.sale_id = 'late'`,
  );
  expect(rows).toEqual([{ amount_minor: 49_900, state: 'initiated', refunding_minor: 49_900 }]);
  expect(
    await store.storedOutcome(intent.buyerId, 'pay', intent.idempotencyKey, intent.fingerprint),
  ).toMatchObject({
    kind: 'final',
    status: 410,
    body: { code: 'reservation_expired', requestId: intent.requestId },
  });
});

test('payments that were changed at the same moment are all settled', async () => {
  await insertSale(database.pool, 'touched', { ps5: 100 });
  const payments = await Promise.all(
    Array.from({ length: 30 }, () => begun(testIntent({ saleId: 'touched' }))),
  );
  const other = await database.pool.connect();
  await other.query('BEGIN');
  await other.query("UPDATE payments SET lease_until = now() WHERE sale_id = 'touched'");
  const settled = Promise.all(
    payments.map((payment) =>
      settlements.capture(payment, { kind: 'captured', providerReference: 'pi', ...decision }),
    ),
  );
  await eventually(
    async () =>
      (await database.pool.query('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted')).rows[0].n,
  ).toBeGreaterThan(0);
  await other.query('COMMIT');
  other.release();
  expect((await settled).map(({ kind }) => kind)).toEqual(Array(30).fill('settled'));
  const { rows } = await database.pool.query(
    "SELECT count(*)::int AS n FROM orders WHERE sale_id = 'touched' AND status = 'confirmed'",
  );
  expect(rows).toEqual([{ n: 30 }]);
});
