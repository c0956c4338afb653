import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const patch = (saleId: string, body: object | string, role = 'admin') =>
  house.operate('PATCH', `/api/v1/admin/sales/${saleId}`, { body, role });

const units = (count: number) => ({ items: [{ sku: 'ps5', units: count }] });

test('what changes is answered, and seen by everybody', async () => {
  const saleId = await house.sale({ method: 'fifo', units: 4, opensAt: '2035-01-01T00:00:00Z' });
  const changed = await patch(saleId, {
    title: 'PS5 Sunday',
    perMinute: 77,
    opensAt: '2035-06-01T02:00:00+02:00',
    closesAt: '2035-07-01T00:00:00Z',
    ...units(9),
  });
  const seen = {
    title: 'PS5 Sunday',
    opensAt: '2035-06-01T00:00:00.000Z',
    closesAt: '2035-07-01T00:00:00.000Z',
    items: [{ sku: 'ps5', units: 9, available: 9 }],
    waitingRoom: { perMinute: 77 },
  };
  expect(changed).toMatchObject({ status: 200, body: seen });
  const shown = await house.until(
    () => house.ask('GET', `/sales/${saleId}`),
    ({ body }) => body.title === 'PS5 Sunday' && body.items[0].units === 9,
  );
  expect(shown.body).toMatchObject(seen);
});

test('a buyer on standby gets the unit that was added', async () => {
  const saleId = await house.sale({ units: 1 });
  expect((await house.reserve(saleId, 'ana')).status).toBe(201);
  const bea = await SocketClient.open(house.port, { token: tokenFor('bea') });
  const items = [{ sku: 'ps5', quantity: 1 }];
  expect(await bea.ask({ op: 'reserve', saleId, items })).toMatchObject({ ev: 'standby' });
  expect((await patch(saleId, units(2))).status).toBe(200);
  expect(await bea.next('reserved')).toMatchObject({ reservation: { saleId, state: 'held' } });
  bea.close();
});

test('units that are held stay, and so do those of a sale that is over', async () => {
  const saleId = await house.sale({ units: 3 });
  await house.reserve(saleId, 'ana', 2);
  expect(await patch(saleId, units(1))).toMatchObject({
    status: 409,
    body: { code: 'units_in_use', field: 'items.0.units', units: 3 },
  });
  expect(await patch(saleId, units(2))).toMatchObject({
    status: 200,
    body: { items: [{ units: 2, available: 0 }] },
  });
  await house.operate('POST', `/api/v1/admin/sales/${saleId}/close`);
  expect(await patch(saleId, units(5))).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', state: 'closed' },
  });
});

test.each([
  ['nothing', {}, undefined],
  ['an unknown field', { units: 3 }, 'units'],
  ['no items', { items: [] }, 'items'],
  ['a fraction', { items: [{ sku: 'ps5', units: 1.5 }] }, 'items.0.units'],
  ['an empty title', { title: '' }, 'title'],
  ['a time that is none', { opensAt: 'tomorrow' }, 'opensAt'],
  ['a day that is none', { closesAt: '2035-02-30T00:00:00Z' }, 'closesAt'],
])('%s is refused', async (_, body, field) => {
  const answer = await patch(await house.sale(), body);
  expect([answer.status, answer.body.code, answer.body.field]).toEqual([422, 'invalid_request', field]);
});

test('only an operator changes a sale, and only one that is there', async () => {
  const saleId = await house.sale();
  expect((await patch(saleId, { title: 'Mine' }, 'seller')).status).toBe(403);
  expect(await patch('nowhere', { title: 'Mine' })).toMatchObject({ body: { code: 'sale_not_found' } });
  expect(await patch(saleId, { items: [{ sku: 'ps6', units: 1 }] })).toMatchObject({
    status: 404,
    body: { code: 'sku_not_found', field: 'items.0.sku' },
  });
});
