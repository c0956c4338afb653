import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
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
