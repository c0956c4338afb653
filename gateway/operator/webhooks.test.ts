import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

/** A receiver that answers as it is told and keeps what it got. */
async function receiver() {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    const status = answers.shift() ?? 204;
    response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/elsewhere' } : {}).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return { url, got, answers, close: () => server.close() };
}

let house: House;
let shop: Awaited<ReturnType<typeof receiver>>;
beforeAll(async () => {
  house = await openHouse();
  shop = await receiver();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  shop.close();
  expect(undocumented).toEqual([]);
});

const admin = '/api/v1/admin';
const deliveries = (query = '') => house.operate('GET', `${admin}/deliveries${query}`);

async function buy(saleId: string, buyer: string, quantity = 1): Promise<string> {
  const { status, body } = await house.reserve(saleId, buyer, quantity);
  expect(status, JSON.stringify(body)).toBe(201);
  await house.pay(body.checkoutId, buyer, body.checkoutId, 'tok_visa', { prefer: 'wait=20' });
  return `ord_${body.checkoutId.slice(4)}`;
}

test('what becomes of orders and sales is told, signed, once each', async () => {
  const created = await house.operate('POST', `${admin}/webhook-endpoints`, {
    body: { url: shop.url, types: ['order.confirmed', 'order.cancelled', 'order.refunded', 'sale.sold_out'] },
  });
  expect(created.status).toBe(201);
  const { endpointId, secret } = created.body;
  const listed = await house.operate('GET', `${admin}/webhook-endpoints`);
  expect(listed.body.data).toEqual([
    { endpointId, url: shop.url, types: created.body.types, createdAt: created.body.createdAt },
  ]);

  const saleId = await house.sale({ units: 3 });
  const orderId = await buy(saleId, 'ana');
  await house.ask('POST', `/orders/${orderId}/cancel`, {
    as: 'ana',
    body: {},
    headers: { 'idempotency-key': 'c' },
  });
  // Not by the sale's page: it may still be the one from before the purchase.
  await house.until(
    () => house.operate('GET', `${admin}/sales/${saleId}/audit`),
    ({ body }) => body.items[0].available === 3,
  );
  await buy(saleId, 'bea', 2);
  await buy(saleId, 'cleo', 1);
  const done = await house.until(
    deliveries,
    ({ body }) =>
      body.data.length === 6 && body.data.every(({ status }: { status: string }) => status === 'delivered'),
  );
  expect(done.body.data.map(({ type }: { type: string }) => type).toSorted()).toEqual([
    'order.cancelled',
    'order.confirmed',
    'order.confirmed',
    'order.confirmed',
    'order.refunded',
    'sale.sold_out',
  ]);
  const messages = shop.got.map(({ headers, body }) =>
    new Webhook(secret).verify(body, headers as Record<string, string>),
  ) as { type: string; data: { orderId?: string } }[];
  expect(messages).toHaveLength(6);
  expect(messages.find(({ type }) => type === 'order.refunded')).toMatchObject({
    data: {
      saleId,
      orderId,
      buyerId: 'ana',
      items: [{ sku: 'ps5', quantity: 1 }],
      refund: { amount: { amount: 49_900, currency: 'USD' }, reason: 'The order was cancelled' },
    },
  });
  expect(new Set(shop.got.map(({ headers }) => headers['webhook-id'])).size).toBe(6);

  const first = await deliveries('?limit=4');
  const rest = await deliveries(`?limit=4&cursor=${first.body.nextCursor}`);
  expect([...first.body.data, ...rest.body.data]).toEqual(done.body.data);
  expect(rest.body.nextCursor).toBeNull();

  const [{ deliveryId, messageId }] = done.body.data;
  expect((await house.operate('POST', `${admin}/deliveries/${deliveryId}/replay`)).status).toBe(202);
  await house.until(deliveries, ({ body }) => body.data[0].attempts.length === 2);
  expect(shop.got.at(-1)?.headers['webhook-id']).toBe(messageId);

  expect((await house.operate('DELETE', `${admin}/webhook-endpoints/${endpointId}`)).status).toBe(204);
  expect((await house.operate('DELETE', `${admin}/webhook-endpoints/${endpointId}`)).body.code).toBe(
    'endpoint_not_found',
  );
  expect((await house.operate('POST', `${admin}/deliveries/dlv_none/replay`)).body.code).toBe(
    'delivery_not_found',
  );
});

test('what an endpoint does not take is tried again, and a redirect is not followed', async () => {
  const { body: endpoint } = await house.operate('POST', `${admin}/webhook-endpoints`, {
    body: { url: shop.url, types: ['sale.closed'] },
  });
  shop.answers.push(302, 500);
  const saleId = await house.sale();
  await house.operate('POST', `${admin}/sales/${saleId}/close`);
  const mine = ({ body }: { body: { data: { endpointId: string }[] } }) =>
    body.data.filter(({ endpointId }) => endpointId === endpoint.endpointId) as unknown as {
      deliveryId: string;
      status: string;
      nextAttemptAt: string;
      attempts: { status: number; error: string; at: string }[];
    }[];
  const once = await house.until(deliveries, (answer) => mine(answer)[0]?.attempts.length === 1);
  const [delivery] = mine(once);
  expect(delivery).toMatchObject({
    status: 'pending',
    attempts: [{ attempt: 1, status: 302, error: 'the endpoint answered 302' }],
  });
  expect(Date.parse(delivery?.nextAttemptAt ?? '')).toBeGreaterThan(
    Date.parse(delivery?.attempts[0]?.at ?? ''),
  );
  // By hand, instead of waiting for it.
  for (const count of [2, 3]) {
    await house.operate('POST', `${admin}/deliveries/${delivery?.deliveryId}/replay`);
    await house.until(deliveries, (answer) => mine(answer)[0]?.attempts.length === count);
  }
  const [last] = mine(await deliveries());
  expect([last?.status, ...(last?.attempts ?? []).map(({ status }) => status)]).toEqual([
    'delivered',
    302,
    500,
    204,
  ]);
});

test('what was still to be sent to an endpoint that is removed has failed, and is not sent again', async () => {
  const gone = await receiver();
  const { body: endpoint } = await house.operate('POST', `${admin}/webhook-endpoints`, {
    body: { url: gone.url, types: ['sale.closed'] },
  });
  gone.answers.push(500);
  const saleId = await house.sale();
  await house.operate('POST', `${admin}/sales/${saleId}/close`);
  type One = { endpointId: string; deliveryId: string; attempts: object[] };
  const mine = async () =>
    (await deliveries()).body.data.find((one: One) => one.endpointId === endpoint.endpointId);
  await expect.poll(async () => (await mine())?.attempts.length, { timeout: 30_000 }).toBe(1);
  expect((await mine()).status).toBe('pending');
  await house.operate('DELETE', `${admin}/webhook-endpoints/${endpoint.endpointId}`);
  const ended = await mine();
  expect(ended).toMatchObject({
    status: 'failed',
    nextAttemptAt: null,
    attempts: [
      { attempt: 1, status: 500 },
      { attempt: 2, status: null, error: 'the endpoint was removed' },
    ],
  });
  expect(await house.operate('POST', `${admin}/deliveries/${ended.deliveryId}/replay`)).toMatchObject({
    status: 404,
    body: { code: 'endpoint_not_found' },
  });
  expect(await mine()).toEqual(ended);

  // One that was written down beside the removal is ended by the worker who finds it.
  const postgres = new pg.Client(house.databaseUrl);
  await postgres.connect();
  await postgres.query(
    "UPDATE deliveries SET state = 'pending', next_attempt_at = now() WHERE delivery_id = $1",
    [ended.deliveryId],
  );
  await postgres.end();
  await expect.poll(async () => (await mine()).status, { timeout: 30_000 }).toBe('failed');
  expect((await mine()).attempts[2]).toMatchObject({ error: 'the endpoint was removed' });
  expect(gone.got).toHaveLength(1);
  gone.close();
});

test('a sale that goes on after a pause is not told as one that opened', async () => {
  const { body: endpoint } = await house.operate('POST', `${admin}/webhook-endpoints`, {
    body: { url: shop.url, types: ['sale.opened', 'sale.paused', 'sale.closed'] },
  });
  const saleId = await house.sale();
  for (const command of ['pause', 'resume', 'pause', 'resume', 'close']) {
    expect((await house.operate('POST', `${admin}/sales/${saleId}/${command}`)).status).toBe(200);
  }
  const mine = (body: { data: { endpointId: string; type: string }[] }) =>
    body.data.filter(({ endpointId }) => endpointId === endpoint.endpointId).map(({ type }) => type);
  // Written down in order, so that whatever was told before it is there, too.
  const { body } = await house.until(
    () => deliveries('?limit=100'),
    (answer) => mine(answer.body).includes('sale.closed'),
  );
  expect(mine(body).toSorted()).toEqual(['sale.closed', 'sale.opened', 'sale.paused', 'sale.paused']);
  await house.operate('DELETE', `${admin}/webhook-endpoints/${endpoint.endpointId}`);
});

test('general stock is run like a sale, and is announced to nobody', async () => {
  const { body: endpoint } = await house.operate('POST', `${admin}/webhook-endpoints`, {
    body: { url: shop.url },
  });
  const price = { amount: 100, currency: 'USD' };
  const stocked = { body: { title: 'Box', price, units: 2 } };
  expect((await house.operate('PUT', `${admin}/stock/box`, stocked)).status).toBe(200);
  await house.until(
    () => house.operate('GET', `${admin}/sales/_general/audit`),
    ({ body }) => body.relay.lagEntries === 0,
  );
  // What was written down before this is told before this.
  const saleId = await house.sale();
  await house.operate('POST', `${admin}/sales/${saleId}/close`);
  await house.until(
    () => deliveries('?limit=100'),
    ({ body }) => {
      const mine = body.data.filter(
        (one: { endpointId: string }) => one.endpointId === endpoint.endpointId,
      ) as { type: string; status: string }[];
      return (
        mine.some(({ type }) => type === 'sale.closed') && mine.every(({ status }) => status === 'delivered')
      );
    },
  );
  const told = shop.got.map(({ body }) => JSON.parse(body) as { type: string; data: { saleId?: string } });
  expect(told).toContainEqual(expect.objectContaining({ type: 'sale.closed', data: { saleId } }));
  expect(told.filter(({ data }) => data.saleId === undefined)).toEqual([]);
});

test.each(['ftp://example.com/', 'http://example.com/', 'https://user:pass@example.com/', 'nonsense'])(
  'a webhook is not sent to %s',
  async (url) => {
    expect(await house.operate('POST', `${admin}/webhook-endpoints`, { body: { url } })).toMatchObject({
      status: 422,
      body: { code: 'invalid_request', field: 'url' },
    });
  },
);
