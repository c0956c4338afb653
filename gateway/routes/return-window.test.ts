import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lisbon as shippingAddress } from '../fixtures/addresses.ts';
import { type House, openHouse } from '../fixtures/house.ts';

const minuteMs = 60_000;
const windowDays = 2;
const windowMs = windowDays * 24 * 60 * minuteMs;

let house: House;
let database: pg.Client;
beforeAll(async () => {
  house = await openHouse({ RETURN_WINDOW_DAYS: String(windowDays) });
  database = new pg.Client(house.databaseUrl);
  await database.connect();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await database.end();
  await house.close();
  expect(undocumented).toEqual([]);
});

/** An order of two units that was paid, and went through these steps. */
async function order(as: string, steps: readonly string[]): Promise<string> {
  const { body: held } = await house.reserve(await house.sale(), as, 2);
  await house.ask('PATCH', `/checkout/${held.checkoutId}`, { as, body: { shippingAddress } });
  const paid = await house.pay(held.checkoutId, as, 'pay', 'tok_visa', { prefer: 'wait=30' });
  expect(paid.status).toBe(201);
  for (const step of steps) {
    const path = `/api/v1/admin/orders/${paid.body.orderId}/${step}`;
    expect((await house.operate('POST', path, { body: {} })).status).toBe(200);
  }
  return paid.body.orderId;
}
const toTheDoor = ['process', 'ship', 'deliver'];

/** History is never rewritten, except where years have to pass within a test. Returns when it was delivered. */
async function deliveredAgo(orderId: string, ms: number): Promise<number> {
  const atMs = Date.now() - ms;
  await database.query('BEGIN');
  await database.query('SET LOCAL session_replication_role = replica');
  const { rowCount } = await database.query(
    "UPDATE order_history SET at = $2 WHERE order_id = $1 AND to_status = 'delivered'",
    [orderId, new Date(atMs)],
  );
  await database.query('COMMIT');
  expect(rowCount).toBe(1);
  return atMs;
}

const sendBack = (orderId: string, as: string, key: string) =>
  house.ask('POST', `/orders/${orderId}/returns`, {
    as,
    body: { items: [{ sku: 'ps5', quantity: 1 }], reason: 'too loud' },
    headers: { 'idempotency-key': key },
  });

test('what was delivered is taken back as many days as the setting says, and no longer', async () => {
  const orderId = await order('ana', toTheDoor);
  await deliveredAgo(orderId, windowMs - minuteMs);
  const taken = await sendBack(orderId, 'ana', 'in time');
  expect(taken).toMatchObject({ status: 201, body: { orderId, status: 'requested' } });

  const deliveredMs = await deliveredAgo(orderId, windowMs + minuteMs);
  const askedMs = Date.now();
  const refused = await sendBack(orderId, 'ana', 'too late');
  const tookMs = Date.now() - askedMs;
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'return_window_closed', retryable: false, closedAt: expect.stringMatching(/T.*\.\d{3}Z$/) },
  });
  // Reckoned back from the present, which goes on while it is asked.
  const offMs = Date.parse(refused.body.closedAt) - (deliveredMs + windowMs);
  expect(offMs).toBeGreaterThanOrEqual(-1);
  expect(offMs).toBeLessThanOrEqual(tookMs + 1);

  const { body } = await house.ask('GET', `/orders/${orderId}`, { as: 'ana' });
  expect(body.returns).toEqual([taken.body]);
  // What was asked for in time is approved whenever somebody comes to it.
  const path = `/api/v1/admin/returns/${taken.body.returnId}/approve`;
  expect((await house.operate('POST', path, { body: {} })).status).toBe(200);
});

test('an answer that was given in time is given again when that time is over', async () => {
  const orderId = await order('ben', toTheDoor);
  const first = await sendBack(orderId, 'ben', 'one key');
  expect(first.status).toBe(201);
  await deliveredAgo(orderId, 5 * windowMs);
  const again = await sendBack(orderId, 'ben', 'one key');
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(await sendBack(orderId, 'ben', 'another key')).toMatchObject({
    status: 409,
    body: { code: 'return_window_closed' },
  });
});

test('what has not arrived yet is taken back however long it has been on its way', async () => {
  const orderId = await order('cleo', ['process', 'ship']);
  await database.query('BEGIN');
  await database.query('SET LOCAL session_replication_role = replica');
  await database.query("UPDATE order_history SET at = at - interval '1 year' WHERE order_id = $1", [orderId]);
  await database.query('COMMIT');
  expect((await sendBack(orderId, 'cleo', 'k')).status).toBe(201);
});
