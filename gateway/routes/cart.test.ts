import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  for (const [sku, amount, currency] of [
    ['ps5', 49_900, 'USD'],
    ['case', 1_999, 'USD'],
    ['poster', 900, 'EUR'],
  ] as const) {
    await stock(sku, { amount, currency }, 5);
  }
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const stock = async (sku: string, price: object, units: number) => {
  const path = `/api/v1/admin/stock/${sku}`;
  const put = await house.operate('PUT', path, { body: { title: `A ${sku}`, price, units } });
  expect(put.status).toBe(200);
};
const usd = (amount: number) => ({ amount, currency: 'USD' });

interface Shopper {
  as?: string;
  headers?: Record<string, string>;
}
const buyer = (): Shopper => ({ as: `buyer-${randomBytes(6).toString('hex')}` });
const guest = (cartId?: string): Shopper =>
  cartId === undefined ? {} : { headers: { 'x-cart-id': cartId } };
const cart = (who: Shopper) => house.ask('GET', '/cart', who);
const add = (who: Shopper, sku: string, quantity = 1) =>
  house.ask('POST', '/cart/items', { ...who, body: { sku, quantity } });
const set = (who: Shopper, sku: string, quantity: number) =>
  house.ask('PUT', `/cart/items/${sku}`, { ...who, body: { quantity } });
const remove = (who: Shopper, sku: string) => house.ask('DELETE', `/cart/items/${sku}`, who);

test('general stock has no price in a currency that there is not', async () => {
  const price = { amount: 49_900, currency: 'XYZ' };
  const path = '/api/v1/admin/stock/nowhere';
  expect(await house.operate('PUT', path, { body: { title: 'Nowhere', price, units: 5 } })).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field: 'price.currency' },
  });
  expect((await house.operate('GET', path)).status).toBe(404);
});

test('a buyer fills, changes and empties a cart that is the same wherever they log in', async () => {
  const who = buyer();
  expect((await cart(who)).body).toEqual({
    cartId: null,
    items: [],
    subtotal: null,
    itemCount: 0,
    warnings: [],
  });
  await add(who, 'ps5');
  await add(who, 'ps5');
  const filled = await add(who, 'case', 3);
  expect(filled).toMatchObject({
    status: 200,
    body: {
      cartId: expect.stringMatching(/^crt_/),
      items: [
        {
          sku: 'ps5',
          title: 'A ps5',
          quantity: 2,
          unitPrice: usd(49_900),
          lineTotal: usd(99_800),
          available: 5,
        },
        { sku: 'case', quantity: 3, lineTotal: usd(5_997) },
      ],
      subtotal: usd(105_797),
      itemCount: 5,
      warnings: [],
    },
  });
  expect((await cart(who)).body).toEqual(filled.body);
  expect((await set(who, 'ps5', 1)).body).toMatchObject({ itemCount: 4, subtotal: usd(55_897) });
  await remove(who, 'ps5');
  expect((await remove(who, 'ps5')).body.items).toMatchObject([{ sku: 'case' }]);
  expect((await remove(who, 'case')).body).toMatchObject({ cartId: filled.body.cartId, items: [] });
  expect((await cart(buyer())).body.items).toEqual([]);
});

test('a guest has the cart whose id they know, and nobody finds another one', async () => {
  const { cartId } = (await add(guest(), 'ps5')).body;
  expect((await add(guest(cartId), 'ps5')).body).toMatchObject({ cartId, itemCount: 2 });
  expect((await add(guest(), 'ps5')).body.cartId).not.toBe(cartId);
  for (const unknown of ['crt_1', 'x', `${cartId}0`]) {
    expect(await cart(guest(unknown))).toMatchObject({ status: 404, body: { code: 'cart_not_found' } });
    expect((await add(guest(unknown), 'ps5')).status).toBe(404);
    expect((await remove(guest(unknown), 'ps5')).status).toBe(404);
  }
  const who = buyer();
  const own = (await add(who, 'ps5')).body.cartId;
  expect((await cart(guest(own))).status).toBe(404);
  expect((await cart({ ...buyer(), ...guest(own) })).body.items).toEqual([]);
  expect((await house.ask('GET', '/cart', { headers: { authorization: 'Bearer nonsense' } })).status).toBe(
    401,
  );
});

test("what a guest put together is in the buyer's cart after the login, once", async () => {
  const who = buyer();
  await add(who, 'ps5', 1);
  const { cartId } = (await add(guest(), 'ps5', 2)).body;
  await add(guest(cartId), 'case', 1);
  const both = { ...who, ...guest(cartId) };
  await Promise.all([cart(both), cart(both), cart(both)]);
  const merged = await cart(both);
  expect(merged.body).toMatchObject({ itemCount: 4, items: [{ sku: 'ps5', quantity: 3 }, { sku: 'case' }] });
  expect(merged.body.cartId).not.toBe(cartId);
  expect((await cart(guest(cartId))).status).toBe(404);
});

test('what does not fit into the cart of the buyer stays with the guest, and the buyer is told', async () => {
  const who = buyer();
  await add(who, 'ps5');
  const { cartId } = (await add(guest(), 'poster')).body;
  for (const ask of [cart, (both: Shopper) => add(both, 'case')]) {
    const { body } = await ask({ ...who, ...guest(cartId) });
    expect(body.items[0]).toMatchObject({ sku: 'ps5' });
    expect(body.warnings).toEqual([
      '1 of poster stay in the cart from before the login. poster is sold in EUR, the cart is in USD: check it ' +
        'out, or empty it, first.',
    ]);
  }
  expect((await cart(guest(cartId))).body.items).toMatchObject([{ sku: 'poster' }]);
  expect((await cart(who)).body.warnings).toEqual([]);
});

test('of one SKU no more becomes part of the cart than it can have, and the buyer is told, once', async () => {
  await stock('sticker', usd(100), 1_000);
  const leftOut = 'A cart has at most 100 of one SKU: 60 of sticker from before the login were left out.';
  const filled = async () => {
    const who = buyer();
    await add(who, 'sticker', 80);
    const { cartId } = (await add(guest(), 'sticker', 80)).body;
    return { who, cartId, both: { ...who, ...guest(cartId) } };
  };
  const { both } = await filled();
  expect((await cart(both)).body).toMatchObject({
    items: [{ sku: 'sticker', quantity: 100 }],
    warnings: [leftOut],
  });
  expect((await cart(both)).body.warnings).toEqual([]);

  // Or at the checkout, where that is the first that is heard of the guest's cart.
  const { who, cartId } = await filled();
  const initiated = await house.ask('POST', '/checkout/initiate', { ...who, body: { cartId } });
  expect(initiated).toMatchObject({ status: 201, body: { items: [{ sku: 'sticker', quantity: 100 }] } });
  expect(initiated.body.warnings[0]).toBe(leftOut);
});

test('what is available is that of the moment, also of what was stocked or sold just now', async () => {
  const rival = `rival-${randomBytes(6).toString('hex')}`;
  for (let round = 0; round < 5; round += 1) {
    const sku = `fresh-${randomBytes(4).toString('hex')}`;
    await stock(sku, usd(1_000), 0);
    const who = buyer();
    expect((await add(who, sku)).body).toMatchObject({
      items: [{ sku, available: 0 }],
      warnings: [`${sku} is not available now.`],
    });
    await stock(sku, usd(1_000), 3);
    expect((await cart(who)).body).toMatchObject({ items: [{ sku, available: 3 }], warnings: [] });
    const { cartId } = (await set({ as: rival }, sku, 3)).body;
    const initiated = await house.ask('POST', '/checkout/initiate', { as: rival, body: { cartId } });
    expect(initiated.status).toBe(201);
    expect((await cart(who)).body.items).toMatchObject([{ sku, available: 0 }]);
    await remove({ as: rival }, sku);
  }
});

test('prices that changed and units that are gone are said', async () => {
  await stock('game', usd(1_000), 5);
  const who = buyer();
  await add(who, 'game', 4);
  await stock('game', usd(1_500), 3);
  const shown = await house.until(
    () => cart(who),
    ({ body }) => body.warnings.length === 2,
  );
  expect(shown.body).toMatchObject({
    items: [{ unitPrice: usd(1_500), lineTotal: usd(6_000), available: 3 }],
    warnings: ['game costs more than when it was put here.', 'Only 3 of game are available.'],
  });
  expect((await set(who, 'game', 3)).body.warnings).toEqual([]);
});

test.each([
  ['sku_not_found', 'sku', { sku: 'nothing', quantity: 1 }],
  ['invalid_request', 'sku', { sku: 'poster', quantity: 1 }],
  ['invalid_request', 'quantity', { sku: 'ps5', quantity: 100 }],
  ['invalid_request', 'quantity', { sku: 'ps5', quantity: 0 }],
  ['invalid_request', 'quantity', { sku: 'ps5', quantity: 101 }],
])('%s names %s, and nothing is changed', async (code, field, body) => {
  const who = buyer();
  await add(who, 'ps5');
  const refused = await house.ask('POST', '/cart/items', { ...who, body });
  expect(refused.body).toMatchObject({ code, field });
  expect((await cart(who)).body.itemCount).toBe(1);
});

test('many requests at once add up', async () => {
  const who = buyer();
  await Promise.all(Array.from({ length: 12 }, () => add(who, 'case')));
  expect((await cart(who)).body).toMatchObject({ itemCount: 12, items: [{ sku: 'case', quantity: 12 }] });
});
