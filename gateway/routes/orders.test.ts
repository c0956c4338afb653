import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lisbon as address } from '../fixtures/addresses.ts';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

/** An order of that buyer that was paid with that card, of a sale of its own. */
async function order(buyer: string, { card = 'tok_visa', quantity = 1, units = 10 } = {}) {
  const saleId = await house.sale({ units });
  const held = await house.reserve(saleId, buyer, quantity);
  const { checkoutId, reservation } = held.body;
  await house.pay(checkoutId, buyer, `pay ${checkoutId}`, card, { prefer: 'wait=20' });
  const orderId = `ord_${checkoutId.slice(4)}`;
  await house.until(
    () => house.ask('GET', `/orders/${orderId}`, { as: buyer }),
    ({ body }) => body.status === 'confirmed' || body.lastPaymentError,
  );
  return { saleId, orderId, checkoutId, reservationId: reservation.id as string, buyer };
}

const cancel = (orderId: string, as: string, key: string, body: object = {}) =>
  house.ask('POST', `/orders/${orderId}/cancel`, { as, body, headers: { 'idempotency-key': key } });

const sendBack = (orderId: string, as: string, key: string, quantity = 1) =>
  house.ask('POST', `/orders/${orderId}/returns`, {
    as,
    body: { items: [{ sku: 'ps5', quantity }], reason: 'too loud' },
    headers: { 'idempotency-key': key },
  });

const operate = (path: string, body: object = {}, key?: string) =>
  house.operate('POST', `/api/v1/admin/${path}`, {
    body,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });

/** Brings a confirmed order to its buyer. */
async function deliver({ orderId, buyer }: { orderId: string; buyer: string }) {
  await house.ask('PUT', `/orders/${orderId}/shipping-address`, { as: buyer, body: address });
  for (const step of ['process', 'ship', 'deliver']) await operate(`orders/${orderId}/${step}`);
}

test('an order that waits for another card is cancelled, and its units are free at once', async () => {
  const { saleId, orderId, checkoutId } = await order('ana', { card: 'tok_declined', quantity: 2, units: 2 });
  const cancelled = await cancel(orderId, 'ana', 'c1', { reason: 'changed my mind' });
  expect(cancelled).toMatchObject({ status: 200, body: { orderId, status: 'cancelled', refunds: [] } });
  expect(cancelled.body.history.at(-1)).toMatchObject({
    from: 'pending',
    to: 'cancelled',
    by: 'buyer',
    reason: 'changed my mind',
  });
  const { body: audited } = await house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`);
  expect(audited.items[0].available).toBe(2);
  expect(await house.pay(checkoutId, 'ana', 'again', 'tok_visa')).toMatchObject({
    status: 410,
    body: { code: 'reservation_expired' },
  });
  const audit = await house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`),
    ({ body }) => body.relay.lagEntries === 0,
  );
  expect(audit.body).toMatchObject({
    items: [{ available: 2, held: 0, sold: 0, committed: 0 }],
    orders: { cancelled: 1, failed: 0 },
    discrepancies: [],
  });
});

test('an order that is cancelled while another card is on its way leaves no hold that nobody can pay', async () => {
  const { saleId, orderId, checkoutId } = await order('abe', { card: 'tok_declined', quantity: 2, units: 2 });
  const database = new pg.Client(house.databaseUrl);
  await database.connect();
  try {
    await database.query('BEGIN');
    await database.query('SELECT FROM orders WHERE order_id = $1 FOR UPDATE', [orderId]);
    const cancelled = cancel(orderId, 'abe', 'c');
    const waitFor = async (count: number) => {
      const waiting = "SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')";
      while (((await database.query(waiting)).rowCount ?? 0) < count) await setTimeout(20);
    };
    await waitFor(1);
    const paid = house.pay(checkoutId, 'abe', 'another card', 'tok_visa');
    await waitFor(2);
    await database.query('COMMIT');
    expect(await cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(await paid).toMatchObject({ status: 410, body: { code: 'reservation_expired' } });
  } finally {
    await database.end();
  }
  const { body: audit } = await house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`);
  expect(audit.items[0]).toMatchObject({ available: 2, held: 0 });
  expect((await house.reserve(saleId, 'ada')).status).toBe(201);
});

test('nothing is cancelled while a payment is under way', async () => {
  const saleId = await house.sale();
  const { body } = await house.reserve(saleId, 'bea');
  const orderId = `ord_${body.checkoutId.slice(4)}`;
  // Captured, and the answer is lost: until the provider is asked again the outcome is unknown.
  await house.pay(body.checkoutId, 'bea', 'k', 'tok_timeout');
  expect(await cancel(orderId, 'bea', 'c')).toMatchObject({
    status: 409,
    body: { code: 'payment_in_progress', retryable: true },
  });
  await house.until(
    () => house.ask('GET', `/orders/${orderId}`, { as: 'bea' }),
    ({ body: { status } }) => status === 'confirmed',
  );
  // A refusal that changed nothing is not kept: the same key may cancel later.
  expect(await cancel(orderId, 'bea', 'c')).toMatchObject({ status: 200, body: { status: 'cancelled' } });
});

test('a request under a key is done once, and answered with the same words', async () => {
  const { orderId } = await order('cleo');
  expect(await house.ask('POST', `/orders/${orderId}/cancel`, { as: 'cleo', body: {} })).toMatchObject({
    status: 400,
    body: { code: 'idempotency_key_required' },
  });
  const all = await Promise.all(Array.from({ length: 20 }, () => cancel(orderId, 'cleo', 'one key')));
  const done = all.filter(({ status }) => status === 200);
  expect(all.filter(({ status }) => status !== 200).map(({ body }) => body.code)).toEqual(
    Array(20 - done.length).fill('idempotency_key_in_use'),
  );
  expect(done.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
  const again = await cancel(orderId, 'cleo', 'one key');
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.body).toEqual(done[0]?.body);
  expect(again.body.refunds).toHaveLength(1);
  expect(await cancel(orderId, 'cleo', 'one key', { reason: 'other' })).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  expect(await cancel(orderId, 'cleo', 'another key')).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', state: 'cancelled' },
  });
});

test('an order is sent nowhere without an address', async () => {
  const { orderId } = await order('dora');
  expect(await operate(`orders/${orderId}/process`)).toMatchObject({
    status: 409,
    body: { code: 'address_required' },
  });
  const path = `/orders/${orderId}/shipping-address`;
  expect(
    await house.ask('PUT', path, { as: 'dora', body: { ...address, country: 'Portugal' } }),
  ).toMatchObject({ status: 422, body: { field: 'country' } });
  expect(await house.ask('PUT', path, { as: 'dora', body: address })).toMatchObject({
    status: 200,
    body: { shippingAddress: address },
  });
  for (const elsewhere of [{ country: 'NO' }, { region: 'Azores' }]) {
    expect(await house.ask('PUT', path, { as: 'dora', body: { ...address, ...elsewhere } })).toMatchObject({
      status: 422,
      body: { code: 'invalid_request', field: 'country' },
    });
  }
  const corrected = { ...address, line1: '2 Main Street' };
  expect(await house.ask('PUT', path, { as: 'dora', body: corrected })).toMatchObject({
    status: 200,
    body: { shippingAddress: corrected },
  });
  expect(await operate(`orders/${orderId}/process`, { reason: 'picked' })).toMatchObject({
    status: 200,
    body: { status: 'processing' },
  });
  const { body } = await house.ask('GET', `/orders/${orderId}`, { as: 'dora' });
  expect(body.history.at(-1)).toMatchObject({ to: 'processing', by: 'operator', reason: 'picked' });
  expect(JSON.stringify(body)).not.toContain('the operator');
});

test('no more is sent back than was bought', async () => {
  const bought = await order('eva', { quantity: 2 });
  const { orderId } = bought;
  await deliver(bought);
  const first = await sendBack(orderId, 'eva', 'r1');
  expect(first).toMatchObject({ status: 201, body: { orderId, status: 'requested' } });
  expect(await sendBack(orderId, 'eva', 'r2', 2)).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field: 'items.0.quantity' },
  });
  const rejected = await operate(`returns/${first.body.returnId}/reject`, { reason: 'It was worn' });
  expect(rejected.body.returns[0].status).toBe('rejected');
  const second = await sendBack(orderId, 'eva', 'r2', 2);
  expect(second.status).toBe(201);
  expect((await operate(`returns/${second.body.returnId}/approve`)).status).toBe(200);
  const { body } = await house.ask('GET', `/orders/${orderId}`, { as: 'eva' });
  expect(body.returns).toMatchObject([
    { returnId: first.body.returnId, status: 'rejected', decisionReason: 'It was worn' },
    { returnId: second.body.returnId },
  ]);
  expect(body.returns[1]).not.toHaveProperty('decisionReason');
  expect(await operate(`returns/${first.body.returnId}/approve`)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', state: 'rejected' },
  });
  expect(await operate('returns/ret_none/approve')).toMatchObject({
    status: 404,
    body: { code: 'return_not_found' },
  });
});

test('no more is paid back than was captured', async () => {
  const { orderId } = await order('fay');
  const path = `orders/${orderId}/refunds`;
  expect(await operate(path, { reason: 'late', amount: 50_000 }, 'f1')).toMatchObject({
    status: 409,
    body: { code: 'refund_exceeds_captured', refundable: { amount: 49_900, currency: 'USD' } },
  });
  expect(await operate(path, { reason: 'late', amount: { amount: 1, currency: 'EUR' } }, 'f1')).toMatchObject(
    { status: 422, body: { field: 'amount.currency' } },
  );
  const part = await operate(path, { reason: 'late', amount: { amount: 900, currency: 'USD' } }, 'f1');
  expect(part).toMatchObject({ status: 201, body: { status: 'initiated', amount: { amount: 900 } } });
  const many = await Promise.all(
    Array.from({ length: 8 }, (_, at) => operate(path, { reason: 'late', amount: 20_000 }, `many ${at}`)),
  );
  expect(many.filter(({ status }) => status === 201)).toHaveLength(2);
  expect(await operate(path, { reason: 'the rest' }, 'rest')).toMatchObject({
    status: 201,
    body: { amount: { amount: 9_000, currency: 'USD' } },
  });
  expect(await operate(path, { reason: 'more' }, 'more')).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', state: 'confirmed' },
  });
});

test('a cancellation pays back what was captured', async () => {
  const { orderId } = await order('gus');
  expect((await cancel(orderId, 'gus', 'c')).body.refunds).toMatchObject([
    { amount: { amount: 49_900, currency: 'USD' }, reason: 'The order was cancelled' },
  ]);
});

test('orders come newest first, by when they were placed and not by when their units were held', async () => {
  const [early, late] = [await house.sale({ units: 1 }), await house.sale({ units: 1 })];
  const buyer = `buyer-${early}`;
  const held = [(await house.reserve(early, buyer)).body, (await house.reserve(late, buyer)).body];
  const placed: string[] = [];
  for (const { checkoutId } of held.toReversed()) {
    placed.push(
      (await house.pay(checkoutId, buyer, checkoutId, 'tok_visa', { prefer: 'wait=20' })).body.orderId,
    );
  }
  const newest = placed.toReversed();
  const page = async (query: string) => (await house.ask('GET', `/orders${query}`, { as: buyer })).body;
  const idsOf = ({ data }: { data: { orderId: string }[] }) => data.map(({ orderId }) => orderId);
  expect(idsOf(await page(''))).toEqual(newest);
  const first = await page('?limit=1');
  expect(idsOf(first)).toEqual(newest.slice(0, 1));
  const second = await page(`?limit=1&cursor=${first.nextCursor}`);
  expect([idsOf(second), second.nextCursor]).toEqual([newest.slice(1), null]);
});
