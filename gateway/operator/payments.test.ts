import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Push } from '../../engine/contracts/outcomes.ts';
import type { Payment } from '../../engine/contracts/wire/payments.ts';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
let database: pg.Client;
beforeAll(async () => {
  house = await openHouse();
  database = new pg.Client(house.databaseUrl);
  await database.connect();
});
beforeEach(() => house.setProvider({ errorShare: 0 }));
afterAll(async () => {
  await house.setProvider({ errorShare: 0 });
  await database.end();
  await house.close();
});

const list = (query = '') => house.operate('GET', `/api/v1/admin/payments?state=unresolved${query}`);
const settle = (paymentId: string, body: object) =>
  house.operate('POST', `/api/v1/admin/payments/${paymentId}/settle`, { body });
const captured = { outcome: 'captured', providerReference: 'pi_seen_there', reason: 'the dashboard says so' };
const declined = { outcome: 'declined', reason: 'there is nothing under that id' };

interface Bought {
  buyer: string;
  checkoutId: string;
  orderId: string;
  key: string;
  payment: Payment;
}

const held = async (saleId: string, buyer: string): Promise<string> =>
  (await house.reserve(saleId, buyer)).body.checkoutId;

/** A payment whose provider has been failing for so long that nobody waits for it any more. */
async function unresolved(): Promise<Bought & { saleId: string }> {
  const saleId = await house.sale();
  return { saleId, ...(await unresolvedOf((buyer) => held(saleId, buyer))) };
}

async function unresolvedOf(checkOut: (buyer: string) => Promise<string>): Promise<Bought> {
  const [buyer, key] = [`buyer-${randomUUID()}`, randomUUID()];
  await house.setProvider({ errorShare: 1 });
  const checkoutId = await checkOut(buyer);
  const paid = await house.pay(checkoutId, buyer, key);
  expect(paid.status).toBe(202);
  const { orderId } = paid.body;
  await database.query("UPDATE payments SET asked_at = now() - interval '10 minutes' WHERE order_id = $1", [
    orderId,
  ]);
  const found = await house.until(
    () => list('&limit=100'),
    ({ body }) => body.data.some((one: Payment) => one.orderId === orderId),
  );
  const payment = found.body.data.find((one: Payment) => one.orderId === orderId);
  return { buyer, checkoutId, orderId, key, payment };
}

const order = ({ orderId, buyer }: Bought) => house.ask('GET', `/orders/${orderId}`, { as: buyer });
const reservation = ({ checkoutId, buyer }: Bought) =>
  house.ask('GET', `/reservations/${checkoutId.replace('chk_', 'rsv_')}`, { as: buyer });
/** Nobody asks about it at this moment: between two attempts. */
const settled = (of: { payment: Payment }, body: object) =>
  house.until(
    () => settle(of.payment.paymentId, body),
    (answer) => answer.body.code !== 'payment_in_progress',
  );

test('a payment that nobody can decide is listed with all that it takes, and no card', async () => {
  const bought = await unresolved();
  expect(bought.payment).toMatchObject({
    paymentId: expect.stringMatching(/^pay_/),
    status: 'initiated',
    unresolved: expect.stringContaining('provider'),
    amount: { amount: 49_900, currency: 'USD' },
    paymentMethod: 'card',
    provider: 'primary',
    providerReference: null,
    orderId: bought.orderId,
    orderNumber: expect.stringMatching(/^[0-9A-Z]{4}-/),
    orderStatus: 'pending',
    saleId: bought.saleId,
    buyerId: bought.buyer,
    steps: [{ step: 'begin' }, { step: 'unresolved' }],
  });
  expect(JSON.stringify(bought.payment)).not.toContain('tok_');
  await house.setProvider({ errorShare: 0 });
  // When the provider answers after all, nobody has to decide.
  await house.until(
    () => order(bought),
    ({ body }) => body.status === 'confirmed',
  );
  expect((await list()).body).toEqual({ data: [], nextCursor: null });
});

test('a payment of general stock is of no sale', async () => {
  const sku = `sku-${randomUUID().slice(0, 8)}`;
  const price = { amount: 1_999, currency: 'USD' };
  await house.operate('PUT', `/api/v1/admin/stock/${sku}`, { body: { title: 'Box', price, units: 1 } });
  const bought = await unresolvedOf(async (as) => {
    const { body: cart } = await house.ask('PUT', `/cart/items/${sku}`, { as, body: { quantity: 1 } });
    const initiated = await house.ask('POST', '/checkout/initiate', { as, body: { cartId: cart.cartId } });
    return initiated.body.checkoutId;
  });
  expect(bought.payment).toMatchObject({ amount: price, orderId: bought.orderId });
  expect(bought.payment).not.toHaveProperty('saleId');
  const { body: settledPayment } = await settled(bought, declined);
  expect(settledPayment.status).toBe('declined');
  expect(settledPayment).not.toHaveProperty('saleId');
});

test('a person who found the money confirms the order, once, and the buyer is told', async () => {
  const bought = await unresolved();
  const { paymentId } = bought.payment;
  expect(await settled(bought, { ...captured, providerReference: undefined })).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field: 'providerReference' },
  });
  const pushes: Push[] = [];
  house.engine.onPush((push) => pushes.push(push));
  const answer = await settled(bought, captured);
  await expect
    .poll(() => pushes)
    .toContainEqual(expect.objectContaining({ ev: 'order', orderId: bought.orderId, status: 201 }));
  expect((await order(bought)).body.history.at(-1)).toMatchObject({ to: 'confirmed', by: 'operator' });
  expect(answer).toMatchObject({
    status: 200,
    body: {
      status: 'captured',
      unresolved: null,
      providerReference: 'pi_seen_there',
      orderStatus: 'confirmed',
      steps: [
        { step: 'begin' },
        { step: 'unresolved' },
        { step: 'settle', outcome: 'captured', by: 'the operator' },
        { step: 'decided', outcome: 'captured', by: 'the operator', reason: captured.reason },
      ],
    },
  });
  expect(await settle(paymentId, captured)).toMatchObject({ status: 200, body: answer.body });
  expect(await settle(paymentId, declined)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', state: 'captured' },
  });
  await house.until(
    () => reservation(bought),
    ({ body }) => body.state === 'confirmed',
  );
  expect(await order(bought)).toMatchObject({ body: { status: 'confirmed', paymentStatus: 'captured' } });
  expect(await house.pay(bought.checkoutId, bought.buyer, bought.key)).toMatchObject({
    status: 201,
    body: { status: 'confirmed' },
  });
  const audit = await house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${bought.saleId}/audit`),
    ({ body }) => body.relay.lagEntries === 0,
  );
  expect(audit.body).toMatchObject({
    items: [{ sold: 1, committed: 1 }],
    payments: { captured: 1, withoutOrder: 0, duplicated: 0 },
    ledger: { sold: 1, balanced: true },
    discrepancies: [],
  });
});

test('a person who found nothing lets the buyer pay with another card', async () => {
  const bought = await unresolved();
  expect(await settled(bought, { ...declined, declineCode: 'not_there' })).toMatchObject({
    status: 200,
    body: { status: 'declined', declineCode: 'not_there', orderStatus: 'pending' },
  });
  await house.until(
    () => reservation(bought),
    ({ body }) => body.state === 'held',
  );
  expect(await house.pay(bought.checkoutId, bought.buyer, bought.key)).toMatchObject({
    status: 402,
    body: { code: 'payment_declined', declineCode: 'not_there' },
  });
  await house.setProvider({ errorShare: 0 });
  const again = await house.until(
    () => house.pay(bought.checkoutId, bought.buyer, 'another card', 'tok_visa', { prefer: 'wait=5' }),
    ({ status }) => status !== 202,
  );
  expect(again).toMatchObject({ status: 201, body: { orderId: bought.orderId, status: 'confirmed' } });
});

test('two people who decide differently at once: one of them does', async () => {
  const bought = await unresolved();
  const { paymentId } = bought.payment;
  // Both have begun before either is done.
  const gate = new pg.Client(house.databaseUrl);
  await gate.connect();
  // Nor does a worker ask about it meanwhile, which would make both come again.
  await expect
    .poll(async () => {
      await gate.query('ROLLBACK');
      await gate.query('BEGIN');
      const { rows } = await gate.query(
        `SELECT FROM payments WHERE payment_id = $1 AND (lease_until > now()) IS NOT TRUE FOR UPDATE`,
        [paymentId],
      );
      return rows.length;
    })
    .toBe(1);
  // Whoever is told that a worker was faster comes again.
  const deciding = Promise.all([settled(bought, captured), settled(bought, declined)]);
  await expect
    .poll(async () => {
      const { rows } = await database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database()
           AND application_name = 'doorbuster payments' AND wait_event_type = 'Lock'`,
      );
      return rows.length;
    })
    .toBe(2);
  await gate.end();
  const both = await deciding;
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  const winner = both.find(({ status }) => status === 200)?.body.status;
  const { body } = await order(bought);
  expect([body.status, body.paymentStatus]).toEqual(
    winner === 'captured' ? ['confirmed', 'captured'] : ['pending', 'declined'],
  );
});

test('money that is found after its order had ended goes back', async () => {
  const bought = await unresolved();
  await house.setProvider({ errorShare: 0, outage: true });
  await database.query("UPDATE orders SET status = 'failed' WHERE order_id = $1", [bought.orderId]);
  await database.query('UPDATE sale_items SET committed = 0 WHERE sale_id = $1', [bought.saleId]);
  expect(await settled(bought, captured)).toMatchObject({
    status: 200,
    body: { status: 'captured', orderStatus: 'failed' },
  });
  expect((await order(bought)).body).toMatchObject({
    status: 'failed',
    refunds: [{ status: 'initiated', amount: { amount: 49_900 } }],
  });
  await house.setProvider({ outage: false });
  // The simulator has no such payment, and refuses: the person who saw it there is asked again.
  const { body } = await house.until(
    () => list('&limit=100'),
    (answer) => answer.body.data.some((one: Payment) => one.orderId === bought.orderId),
  );
  expect(body.data).toMatchObject([{ status: 'captured', unresolved: expect.stringContaining('refused') }]);
  const stays = await settled(bought, captured);
  expect(stays).toMatchObject({ status: 422, body: { code: 'invalid_request', field: 'paidBackOutside' } });
  expect(stays.body.detail).toContain('minor units of USD');
  expect(await settled(bought, { ...captured, paidBackOutside: 49_901 })).toMatchObject({
    status: 409,
    body: { code: 'refund_exceeds_captured', refundable: { amount: 49_900, currency: 'USD' } },
  });
  expect(await settled(bought, { ...captured, paidBackOutside: 49_900 })).toMatchObject({
    status: 200,
    body: { status: 'refunded', unresolved: null, refundable: { amount: 0 } },
  });
});

test('a payment that had ended, and whose provider took money, is settled once that is given back', async () => {
  const [saleId, buyer] = [await house.sale(), `buyer-${randomUUID()}`];
  const { checkoutId } = (await house.reserve(saleId, buyer)).body;
  const paid = await house.pay(checkoutId, buyer, 'k', 'tok_declined', { prefer: 'wait=5' });
  expect(paid.status).toBe(402);
  const { rows } = await database.query<{ payment_id: string }>(
    "UPDATE payments SET unresolved = 'the provider took it' WHERE buyer_id = $1 RETURNING payment_id",
    [buyer],
  );
  const paymentId = rows[0]?.payment_id ?? '';
  expect(await settle(paymentId, captured)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', detail: expect.stringContaining('give the money back') },
  });
  expect(await settle(paymentId, declined)).toMatchObject({
    status: 200,
    body: { status: 'declined', unresolved: null, steps: expect.arrayContaining([]) },
  });
});

test('the list comes in pages', async () => {
  const saleId = await house.sale();
  for (const buyer of ['ann', 'bob', 'cy']) {
    const { checkoutId } = (await house.reserve(saleId, buyer)).body;
    expect((await house.pay(checkoutId, buyer, 'k', 'tok_declined', { prefer: 'wait=5' })).status).toBe(402);
  }
  // They have ended: nobody acts on them meanwhile, and finds that they are for no person.
  const { rows } = await database.query<{ payment_id: string }>(
    "UPDATE payments SET unresolved = 'unknown' WHERE sale_id = $1 RETURNING payment_id",
    [saleId],
  );
  const ids = rows.map((row) => row.payment_id).toSorted();
  expect(ids).toHaveLength(3);
  const first = (await list('&limit=2')).body;
  expect(first.data.map((one: Payment) => one.paymentId)).toEqual(ids.slice(0, 2));
  const second = (await list(`&limit=2&cursor=${first.nextCursor}`)).body;
  expect(second.data.map((one: Payment) => one.paymentId)).toEqual(ids.slice(2));
  expect(second.nextCursor).toBeNull();
});

test('what is not for a person is left to its provider', async () => {
  await house.setProvider({ errorShare: 1 });
  const [saleId, buyer] = [await house.sale(), `buyer-${randomUUID()}`];
  const { checkoutId } = (await house.reserve(saleId, buyer)).body;
  await house.pay(checkoutId, buyer, 'k');
  const { rows } = await database.query<{ payment_id: string }>(
    'SELECT payment_id FROM payments WHERE buyer_id = $1',
    [buyer],
  );
  expect(await settle(rows[0]?.payment_id ?? '', captured)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', state: 'initiated' },
  });
  expect(await settle('pay_unheard_of', captured)).toMatchObject({
    status: 404,
    body: { code: 'payment_not_found' },
  });
  for (const body of [{}, { outcome: 'refunded', reason: 'x' }, { outcome: 'declined' }]) {
    expect((await settle('pay_unheard_of', body)).status).toBe(422);
  }
  expect((await house.operate('GET', '/api/v1/admin/payments?state=captured')).status).toBe(422);
  expect((await house.operate('GET', '/api/v1/admin/payments', { role: 'seller' })).status).toBe(403);
  expect((await house.operate('GET', '/api/v1/admin/payments')).status).toBe(200);
});

test('every refusal above is documented', async () => {
  expect(await house.undocumentedRefusals()).toEqual([]);
});
