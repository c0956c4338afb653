import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PaymentIntent } from '../../engine/contracts/ports.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from '../orders/order-store.ts';
import { type PaymentRow, paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { fanOutOnce } from './outbox.ts';
import { webhooksOn } from './webhooks.ts';

const log = createLog('silent');
let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
  const created = await webhooksOn(database.pool, true).create({ url: 'http://127.0.0.1:1/hook' });
  expect(created.kind).toBe('created');
});
afterAll(() => database.close());

const decided = { provider: 'card', by: 'saga' };

async function begun(intent: PaymentIntent): Promise<PaymentRow> {
  expect((await orderStoreOn(database.pool, log).beginPayment(intent)).kind).toBe('accepted');
  return (await paymentReader(database.pool)(intent.paymentId)) as PaymentRow;
}

const decline = async (intent: PaymentIntent, declineCode: string) =>
  settlementsOn(database.pool, log).decline(await begun(intent), {
    ...{ kind: 'declined', declineCode, providerReference: null, ...decided },
  });

/** What endpoints are told of an order, in the order in which it happened. */
async function told(orderId: string): Promise<unknown[]> {
  await fanOutOnce(database.pool, { orderUrl: null });
  const { rows } = await database.pool.query<{ payload: string }>('SELECT payload FROM deliveries');
  return rows
    .map(({ payload }) => JSON.parse(payload))
    .filter(({ data }) => data.orderId === orderId)
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp))
    .map(({ type, data }) => [type, data.declineCode]);
}

const mailsOf = async (orderId: string) =>
  (
    await database.pool.query<{ kind: string; body_text: string }>(
      'SELECT kind, body_text FROM mails WHERE order_id = $1 ORDER BY kind',
      [orderId],
    )
  ).rows;

/** Attempts to pay one order, each with a card of its own. */
function attempts(saleId: string): PaymentIntent[] {
  const first = testIntent({ saleId });
  const { buyerId, reservationId } = first;
  const buyerEmail = 'ann@mail.example';
  return [first, testIntent({ saleId, buyerId, reservationId })].map((intent) => ({ ...intent, buyerEmail }));
}

test('each declined payment is told with its own reason, though the next one was declined meanwhile', async () => {
  await insertSale(database.pool, 'declined', { ps5: 10 });
  const [first, second] = attempts('declined') as [PaymentIntent, PaymentIntent];
  await decline(first, 'insufficient_funds');
  await decline(second, 'card_declined');
  expect(await told(first.orderId)).toEqual([
    ['order.payment_declined', 'insufficient_funds'],
    ['order.payment_declined', 'card_declined'],
  ]);
  expect(await mailsOf(first.orderId)).toEqual([
    { kind: 'payment_problem', body_text: expect.stringContaining('The card has not enough funds.') },
  ]);
});

test('a declined payment is told with its reason, though the order was paid meanwhile', async () => {
  await insertSale(database.pool, 'paid', { ps5: 10 });
  const [first, second] = attempts('paid') as [PaymentIntent, PaymentIntent];
  await decline(first, 'expired_card');
  await settlementsOn(database.pool, log).capture(await begun(second), {
    ...{ kind: 'captured', providerReference: 'pi_1', ...decided },
  });
  expect(await told(first.orderId)).toEqual([
    ['order.payment_declined', 'expired_card'],
    ['order.confirmed', undefined],
  ]);
  expect(await mailsOf(first.orderId)).toMatchObject([
    { kind: 'confirmation' },
    { kind: 'payment_problem', body_text: expect.stringContaining('The card has expired.') },
  ]);
});

test('an order that has failed is told of by mail with the reason of its last payment', async () => {
  await insertSale(database.pool, 'failed', { ps5: 10 });
  const [first, second] = attempts('failed') as [PaymentIntent, PaymentIntent];
  await decline(first, 'insufficient_funds');
  await decline(second, 'card_declined');
  await database.pool.query("DELETE FROM outbox WHERE sale_id = 'failed'");
  await database.pool.query(
    `WITH failed AS (UPDATE orders SET status = 'failed' WHERE order_id = $1 RETURNING buyer_id, order_id)
     INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by)
     SELECT buyer_id, order_id, 'pending', 'failed', 'reservation' FROM failed`,
    [first.orderId],
  );
  expect(await told(first.orderId)).toEqual([['order.failed', undefined]]);
  expect(await mailsOf(first.orderId)).toEqual([
    { kind: 'payment_problem', body_text: expect.stringContaining('Your bank declined the card.') },
  ]);
});
