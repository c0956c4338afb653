import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const root = '/api/v1/admin/sales';
const view = (saleId: string) => house.ask('GET', `/sales/${saleId}`);

test('Redis dies: a sale that says so goes on, what cannot says when to come again, and all is there after', async () => {
  const slow = await house.sale({ whenRedisIsDown: 'slow', units: 3, perBuyerLimit: 1 });
  const refusing = await house.sale({ units: 3 });
  await house.until(
    () => house.reserve(slow, 'early'),
    ({ status }) => status === 200,
  );
  for (const saleId of [slow, refusing]) {
    await house.until(
      () => view(saleId),
      ({ body }) => body.state === 'open',
    );
  }
  expect((await view(slow)).body.isSlow).toBeUndefined();
  // A hold that was not relayed is over with its epoch.
  await house.until(
    () => house.operate('GET', `${root}/${slow}/audit`),
    ({ body }) => body.relay?.lagEntries === 0,
  );

  await house.redis.process.stop(2_000);
  const there = await house.until(
    () => view(slow),
    ({ body }) => body.isSlow === true,
  );
  expect(there.body).toMatchObject({ state: 'open', items: [{ available: 2, held: 1, sold: 0 }] });

  const held = await house.reserve(slow, 'ann');
  expect(held).toMatchObject({ status: 201, body: { reservation: { state: 'held', saleId: slow } } });
  const { reservation, checkoutId } = held.body;
  expect((await house.reserve(slow, 'ann')).status).toBe(200);
  expect(await house.ask('GET', `/checkout/${checkoutId}`, { as: 'ann' })).toMatchObject({ status: 200 });
  const shippingAddress = { name: 'Ann', line1: '1', city: 'London', postalCode: '1', country: 'GB' };
  expect(
    await house.ask('PATCH', `/checkout/${checkoutId}`, { as: 'ann', body: { shippingAddress } }),
  ).toMatchObject({ status: 200, body: { shippingAddress } });
  const paid = await house.pay(checkoutId, 'ann', 'key-1', 'tok_visa', { prefer: 'wait=30' });
  expect(paid).toMatchObject({ status: 201, body: { status: 'confirmed' } });
  expect((await house.pay(checkoutId, 'ann', 'key-1')).body).toEqual(paid.body);
  const declined = await house.reserve(slow, 'bob');
  const no = await house.pay(declined.body.checkoutId, 'bob', 'key-2', 'tok_declined', { prefer: 'wait=30' });
  expect(no).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
  expect(await house.reserve(slow, 'cat')).toMatchObject({
    status: 503,
    body: { code: 'unavailable', retryable: true },
    headers: { 'retry-after': '5' },
  });
  const later = { status: 503, headers: { 'retry-after': expect.any(String) } };
  const extension = `/reservations/${declined.body.reservation.id}/extend`;
  expect(await house.ask('POST', extension, { as: 'bob' })).toMatchObject(later);
  expect(await house.reserve(refusing, 'ann')).toMatchObject(later);
  expect(await house.operate('GET', `${root}/${slow}/audit`)).toMatchObject(later);
  expect(
    await house.operate('PATCH', `${root}/${slow}`, { body: { items: [{ sku: 'ps5', units: 9 }] } }),
  ).toMatchObject(later);
  expect((await house.operate('POST', `${root}/${slow}/pause`)).body).toEqual({
    saleId: slow,
    state: 'paused',
  });
  expect((await house.reserve(slow, 'dan')).body.code).toBe('sale_paused');
  expect((await house.operate('POST', `${root}/${slow}/resume`)).body.state).toBe('open');
  const { text } = await house.operate('GET', '/metrics');
  expect(text).toContain(`doorbuster_sale_slow{sale="${slow}"} 1`);
  expect(text).toContain(`doorbuster_sale_units{sale="${slow}",sku="ps5",bucket="sold"} 1`);
  const release = `/reservations/${declined.body.reservation.id}`;
  expect((await house.ask('DELETE', release, { as: 'bob' })).status).toBe(204);

  await house.redis.restart();
  const back = await house.until(
    () => house.reserve(slow, 'cat'),
    ({ status }) => status === 201,
  );
  const seen = await house.until(
    () => view(slow),
    ({ body }) => body.isSlow === undefined,
  );
  expect(seen.body.state).toBe('open');
  // Where it sells is heard within a quarter of a second; until then the answer may be to come again.
  await house.until(
    () => house.ask('GET', `/reservations/${reservation.id}`, { as: 'ann' }),
    ({ body }) => body.state === 'confirmed',
  );
  await house.until(
    () => house.pay(back.body.checkoutId, 'cat', 'key-3'),
    ({ status }) => status === 202 || status === 201,
  );
  const audit = await house.until(
    () => house.operate('GET', `${root}/${slow}/audit`),
    ({ body }) => body.orders?.confirmed === 2 && body.relay?.lagEntries === 0,
  );
  expect(audit.body).toMatchObject({ oversold: 0, undersold: 0, ledger: { sold: 2, balanced: true } });
  expect(audit.body.discrepancies).toEqual([]);
});
