import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import type { Answer } from '../fixtures/http-client.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

test('while Redis is away selling is refused and said so; when it is back, so is the sale', async () => {
  const saleId = await house.sale({ units: 2 });
  const held = await house.reserve(saleId, 'ana');
  expect(held.status).toBe(201);
  const stocked = { title: 'Case', price: { amount: 1_999, currency: 'USD' }, units: 5 };
  await house.operate('PUT', '/api/v1/admin/stock/case', { body: stocked });
  await house.ask('PUT', '/cart/items/case', { as: 'bea', body: { quantity: 1 } });
  const client = await SocketClient.open(house.port, { token: tokenFor('bea') });
  await house.redis.process.kill();

  const refused = await house.until(
    () => house.reserve(saleId, 'bea'),
    ({ status }) => status !== 201 && status !== 202,
  );
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable', retryable: true } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const items = [{ sku: 'ps5', quantity: 1 }];
  expect(await client.ask({ op: 'reserve', saleId, items })).toMatchObject({
    ev: 'error',
    code: 'unavailable',
  });
  const unready = await house.askAt('GET', '/readyz');
  expect(unready).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(unready.body.missing.map(({ part }: { part: string }) => part)).toContain('redis');
  expect((await house.askAt('GET', '/healthz')).status).toBe(200);
  expect((await house.ask('GET', `/sales/${saleId}`)).status).toBe(200);
  // What is available is told as it was heard of last.
  expect(await house.ask('GET', '/cart', { as: 'bea' })).toMatchObject({
    status: 200,
    body: { items: [{ sku: 'case', quantity: 1 }] },
  });

  await house.redis.restart();
  const sold = await house.until(
    () => house.reserve(saleId, 'bea'),
    ({ status }) => status === 201,
  );
  expect(sold.body.reservation.state).toBe('held');
  const again = await house.reserve(saleId, 'ana');
  expect(again.body.reservation.id).toBe(held.body.reservation.id);
  client.close();
});

test('whoever meets a Redis that is back before the epoch has begun is to come again in a second', async () => {
  const saleId = await house.sale({ method: 'fifo' });
  const { ticket } = (await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'cyd' })).body;
  const client = await SocketClient.open(house.port, { token: tokenFor('cyd') });
  const items = [{ sku: 'ps5', quantity: 1 }];
  const poll = () => house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'cyd' });
  await house.until(poll, ({ body }) => body.state === 'your_turn');

  // No worker gets at the sale's epoch while this is held, however long it takes.
  const holding = new pg.Client({ connectionString: house.databaseUrl });
  await holding.connect();
  try {
    house.redis.process.kill();
    await house.redis.process.exited;
    await holding.query('BEGIN; LOCK TABLE sales IN ACCESS EXCLUSIVE MODE');
    await house.redis.restart();
    const isSoon = ({ status, headers }: Answer) => status === 503 && headers['retry-after'] === '1';
    const refused = await house.until(() => house.reserve(saleId, 'cyd', 1, ticket), isSoon);
    expect(refused.body).toMatchObject({ code: 'unavailable', retryable: true });
    await house.until(poll, isSoon);
    expect(await client.ask({ op: 'reserve', saleId, ticket, items })).toMatchObject({
      ev: 'error',
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
  } finally {
    await holding.query('ROLLBACK');
    await holding.end();
  }
  await house.until(
    () => house.reserve(saleId, 'cyd', 1, ticket),
    ({ status }) => status === 201,
  );
  client.close();
});

test('what was answered to a key is told also while Redis is away, and nothing new is begun', async () => {
  const saleId = await house.sale({ units: 2 });
  const wait = { prefer: 'wait=10' };
  const { checkoutId: declining } = (await house.reserve(saleId, 'dora')).body;
  const { checkoutId: paying } = (await house.reserve(saleId, 'eve')).body;
  const declined = await house.pay(declining, 'dora', 'declined', 'tok_declined', wait);
  const paid = await house.pay(paying, 'eve', 'paid', 'tok_visa', wait);
  expect([declined.status, paid.status]).toEqual([402, 201]);
  await house.redis.process.kill();
  const away = await house.until(
    () => house.pay(declining, 'dora', 'another', 'tok_visa'),
    ({ status }) => status === 503,
  );
  expect(away.body).toMatchObject({ code: 'unavailable', retryable: true });

  for (const [first, again] of [
    [declined, await house.pay(declining, 'dora', 'declined', 'tok_declined', wait)],
    [paid, await house.pay(paying, 'eve', 'paid', 'tok_visa')],
  ] as const) {
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  }
  expect(await house.pay(paying, 'eve', 'paid', 'tok_declined')).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  await house.redis.restart();
  await house.until(
    () => house.pay(declining, 'dora', 'another', 'tok_visa', wait),
    ({ status }) => status === 201,
  );
});
