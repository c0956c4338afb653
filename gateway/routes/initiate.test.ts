import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ RATE_BUYER_BURST: '1000' });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
const address = {
  name: 'Ada',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y',
  country: 'GB',
};
const unique = (name: string) => `${name}-${randomBytes(4).toString('hex')}`;

const put = (sku: string, units: number, price = usd(1_000)) =>
  house.operate('PUT', `/api/v1/admin/stock/${sku}`, { body: { title: `A ${sku}`, price, units } });

/** A SKU of the test's own, of which general stock has so many. */
async function stocked(units: number, price = usd(1_000)): Promise<string> {
  const sku = unique('sku');
  expect((await put(sku, units, price)).status).toBe(200);
  return sku;
}

/** Asks until stock has just so many available, and held. */
const untilStock = (sku: string, available: number, held: number) =>
  house.until(
    () => house.operate('GET', `/api/v1/admin/stock/${sku}`),
    ({ body }) => body.available === available && body.held === held,
  );

const cart = (as: string) => house.ask('GET', '/cart', { as });
const fill = async (as: string, sku: string, quantity: number): Promise<string> => {
  const filled = await house.ask('PUT', `/cart/items/${sku}`, { as, body: { quantity } });
  expect(filled.status).toBe(200);
  return filled.body.cartId;
};
const initiate = (as: string, cartId: string, more: object = {}) =>
  house.ask('POST', '/checkout/initiate', { as, body: { cartId, ...more } });
const pay = (checkoutId: string, as: string, token = 'tok_visa') =>
  house.pay(checkoutId, as, unique('key'), token, { prefer: 'wait=20' });

/** A buyer with so many of it in the cart, checked out. */
async function checkedOut(sku: string, quantity = 1) {
  const as = unique('buyer');
  const cartId = await fill(as, sku, quantity);
  const { status, body } = await initiate(as, cartId);
  expect(status).toBe(201);
  return { as, cartId, checkoutId: body.checkoutId as string, reservationId: body.reservation.id as string };
}

const audited = () =>
  house.until(
    () => house.operate('GET', '/api/v1/admin/sales/_general/audit'),
    ({ body }) => body.relay.lagEntries === 0 && body.discrepancies.length === 0,
  );

test('from the cart to a confirmed order, after which the cart has what was not bought', async () => {
  const [ps5, box] = [await stocked(5, usd(49_900)), await stocked(9, usd(1_999))];
  const as = unique('ana');
  await fill(as, ps5, 2);
  const cartId = await fill(as, box, 1);
  const initiated = await initiate(as, cartId, { shippingAddress: address });
  expect(initiated).toMatchObject({
    status: 201,
    headers: { location: `/api/v1/checkout/${initiated.body.checkoutId}` },
    body: {
      reservation: { state: 'held', expiresAt: initiated.body.expiresAt },
      items: expect.arrayContaining([
        { sku: ps5, title: `A ${ps5}`, quantity: 2, unitPrice: usd(49_900), lineTotal: usd(99_800) },
        { sku: box, title: `A ${box}`, quantity: 1, unitPrice: usd(1_999), lineTotal: usd(1_999) },
      ]),
      subtotal: usd(101_799),
      discount: usd(0),
      total: usd(101_799),
      shippingAddress: address,
      priceLockedUntil: initiated.body.expiresAt,
      availablePaymentMethods: ['card'],
      warnings: [],
    },
  });
  expect(initiated.body.reservation).not.toHaveProperty('saleId');
  const { checkoutId, purchaseToken, reservation } = initiated.body;
  expect((await house.ask('GET', `/checkout/${checkoutId}`, { as })).body).toEqual(initiated.body);
  expect((await house.ask('GET', `/reservations/${reservation.id}`, { as })).body).toEqual(reservation);
  expect((await cart(as)).body).toMatchObject({ itemCount: 3 });
  await untilStock(ps5, 3, 2);
  await fill(as, box, 4);

  const paid = await house.ask('POST', `/checkout/${checkoutId}/pay`, {
    as,
    body: { paymentMethod: 'card', paymentToken: 'tok_visa', purchaseToken },
    headers: { 'idempotency-key': 'first', prefer: 'wait=20' },
  });
  expect(paid).toMatchObject({ status: 201, body: { status: 'confirmed', total: usd(101_799) } });
  const { body: order } = await house.ask('GET', `/orders/${paid.body.orderId}`, { as });
  expect(order).toMatchObject({ status: 'confirmed', subtotal: usd(101_799), shippingAddress: address });
  expect(order).not.toHaveProperty('saleId');
  const left = await Promise.all([cart(as), cart(as), cart(as)]);
  for (const { body } of left) expect(body).toMatchObject({ cartId, items: [{ sku: box, quantity: 3 }] });
  await untilStock(ps5, 3, 0);
  expect((await audited()).body).toMatchObject({ oversold: 0, undersold: 0, ledger: { balanced: true } });
});

test('the same cart again is the same checkout; another one takes its place', async () => {
  const [sku, more] = [await stocked(3), await stocked(1)];
  const as = unique('buyer');
  const cartId = await fill(as, sku, 2);
  const first = await Promise.all([initiate(as, cartId), initiate(as, cartId)]);
  const { checkoutId, reservation } = first[0].body;
  const again = await initiate(as, cartId);
  for (const { status, body } of [...first, again]) {
    expect([status, body.checkoutId]).toEqual([201, checkoutId]);
  }
  const sent = await initiate(as, cartId, { shippingAddress: address });
  expect(sent.body).toMatchObject({ checkoutId, shippingAddress: address });
  expect((await initiate(as, cartId)).body).toMatchObject({ checkoutId, shippingAddress: address });
  await untilStock(sku, 1, 2);

  await fill(as, sku, 3);
  await fill(as, more, 1);
  const { body: next } = await initiate(as, cartId);
  expect(next.checkoutId).not.toBe(checkoutId);
  expect((await house.ask('GET', `/reservations/${reservation.id}`, { as })).body.state).toBe('released');
  expect((await pay(checkoutId, as)).body.code).toBe('reservation_expired');
  await untilStock(sku, 0, 3);
  expect((await pay(next.checkoutId, as)).status).toBe(201);
  expect((await cart(as)).body.items).toEqual([]);
});

test('whoever cannot have all of it gets nothing, and keeps what they have', async () => {
  const [sku, scarce] = [await stocked(2), await stocked(1)];
  const { as, cartId, checkoutId } = await checkedOut(sku);
  await checkedOut(scarce);
  await fill(as, scarce, 1);
  expect(await initiate(as, cartId)).toMatchObject({
    status: 409,
    body: { code: 'insufficient_stock', sku: scarce, available: 0 },
  });
  expect((await pay(checkoutId, as)).status).toBe(201);
});

test.each([
  [2, 1],
  [20, 5],
])('of %i buyers at once exactly %i get one', async (buyers, units) => {
  const sku = await stocked(units);
  const carts = await Promise.all(
    Array.from({ length: buyers }, async () => {
      const as = unique('buyer');
      return { as, cartId: await fill(as, sku, 1) };
    }),
  );
  const answers = await Promise.all(carts.map(({ as, cartId }) => initiate(as, cartId)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(units);
  const refused = answers.filter(({ status }) => status !== 201);
  for (const { body } of refused)
    expect(body).toMatchObject({ code: 'insufficient_stock', sku, available: 0 });
  expect(refused).toHaveLength(buyers - units);
  await untilStock(sku, 0, units);
});

test('what nobody pays in time is back in stock, and cannot be paid any more', async () => {
  const sku = await stocked(1);
  const redis = new Redis(house.redis.url);
  const key = 'db:{_general}:sale';
  const holdMs = (await redis.hget(key, 'holdMs')) as string;
  await redis.hset(key, 'holdMs', 300);
  const { as, checkoutId, reservationId, cartId } = await checkedOut(sku);
  await redis.hset(key, 'holdMs', holdMs);
  redis.disconnect();
  await untilStock(sku, 1, 0);
  expect((await house.ask('GET', `/reservations/${reservationId}`, { as })).body.state).toBe('expired');
  expect(await pay(checkoutId, as)).toMatchObject({ status: 410, body: { code: 'reservation_expired' } });
  expect((await cart(as)).body.itemCount).toBe(1);
  expect((await initiate(as, cartId)).status).toBe(201);
});

test('what is being paid is not checked out again, nor taken out of stock by its operator', async () => {
  const sku = await stocked(3);
  const { as, cartId, checkoutId } = await checkedOut(sku, 2);
  expect((await pay(checkoutId, as, 'tok_3ds')).body.status).toBe('requires_action');
  for (const quantity of [2, 1]) {
    await fill(as, sku, quantity);
    const refused = await initiate(as, cartId);
    expect(refused).toMatchObject({ status: 409, body: { code: 'payment_in_progress' } });
  }
  expect(await put(sku, 1)).toMatchObject({ status: 409, body: { code: 'units_in_use', field: 'units' } });
  await untilStock(sku, 1, 2);
  expect((await put(sku, 2)).body).toMatchObject({ units: 2, available: 0, held: 2 });
});

test('who checks out again and again while they pay buys once', async () => {
  const buyers = 20;
  const sku = await stocked(2 * buyers);
  const bought = async () => {
    const { as, cartId, checkoutId } = await checkedOut(sku);
    let isPaid = false;
    const paid = pay(checkoutId, as).finally(() => {
      isPaid = true;
    });
    const others = new Set<string>();
    do {
      const { status, body } = await initiate(as, cartId);
      if (status === 201 && body.checkoutId !== checkoutId) others.add(body.checkoutId);
    } while (!isPaid);
    expect((await paid).status).toBe(201);
    return [...others];
  };
  const others = await Promise.all(Array.from({ length: buyers }, bought));
  expect(others.flat()).toEqual([]);
  await untilStock(sku, buyers, 0);
});

test('after a decline another cart may be checked out, and the order fails', async () => {
  const sku = await stocked(3);
  const { as, cartId, checkoutId } = await checkedOut(sku, 2);
  expect((await pay(checkoutId, as, 'tok_declined')).status).toBe(402);
  // The buyer may be told of it before Redis is.
  const again = await house.until(
    () => initiate(as, cartId),
    ({ body }) => body.code !== 'payment_in_progress',
  );
  expect(again.body.checkoutId).toBe(checkoutId);
  await fill(as, sku, 3);
  const { body } = await initiate(as, cartId);
  const orderOf = (checkout: string) => `/orders/ord_${checkout.slice(4)}`;
  await house.until(
    () => house.ask('GET', orderOf(checkoutId), { as }),
    (order) => order.body.status === 'failed',
  );
  expect((await pay(body.checkoutId, as)).status).toBe(201);
  await untilStock(sku, 0, 0);
});

test('after a decline the same cart has its coupon again, and so has another one in its place', async () => {
  const sku = await stocked(3);
  const couponCode = unique('ONCE');
  const coupon = { code: couponCode, percentOff: 10, usesMax: 1, usesPerBuyerMax: 1 };
  expect((await house.operate('POST', '/api/v1/admin/coupons', { body: coupon })).status).toBe(201);
  const as = unique('buyer');
  const cartId = await fill(as, sku, 1);
  const { checkoutId } = (await initiate(as, cartId, { couponCode })).body;
  expect((await pay(checkoutId, as, 'tok_declined')).status).toBe(402);
  const again = () =>
    house.until(
      () => initiate(as, cartId, { couponCode }),
      ({ body }) => body.code !== 'payment_in_progress',
    );
  expect(await again()).toMatchObject({ status: 201, body: { checkoutId, couponCode, total: usd(900) } });
  // It is nobody else's meanwhile.
  const other = unique('buyer');
  expect(await initiate(other, await fill(other, sku, 1), { couponCode })).toMatchObject({
    body: { code: 'coupon_used_up' },
  });
  await fill(as, sku, 2);
  const { body } = await again();
  expect(body).toMatchObject({ couponCode, total: usd(1_800) });
  await house.until(
    () => house.ask('GET', `/orders/ord_${checkoutId.slice(4)}`, { as }),
    (order) => order.body.status === 'failed',
  );
  expect(await pay(body.checkoutId, as)).toMatchObject({ status: 201, body: { total: usd(1_800) } });
  expect(await initiate(as, await fill(as, sku, 1), { couponCode })).toMatchObject({
    body: { code: 'coupon_used_up' },
  });
});

test('a cancelled order gives its units back to stock', async () => {
  const sku = await stocked(2);
  const { as, checkoutId } = await checkedOut(sku, 2);
  const { orderId } = (await pay(checkoutId, as)).body;
  await untilStock(sku, 0, 0);
  const asked = { as, body: {}, headers: { 'idempotency-key': 'c' } };
  expect((await house.ask('POST', `/orders/${orderId}/cancel`, asked)).status).toBe(200);
  await untilStock(sku, 2, 0);
  expect((await cart(as)).body.items).toEqual([]);
  await audited();
});

test('what is sent back is in stock again', async () => {
  const sku = await stocked(2);
  const { as, checkoutId } = await checkedOut(sku, 2);
  const { orderId } = (await pay(checkoutId, as)).body;
  await house.ask('PUT', `/orders/${orderId}/shipping-address`, { as, body: address });
  for (const step of ['process', 'ship', 'deliver']) {
    expect((await house.operate('POST', `/api/v1/admin/orders/${orderId}/${step}`)).status).toBe(200);
  }
  const asked = await house.ask('POST', `/orders/${orderId}/returns`, {
    as,
    body: { items: [{ sku, quantity: 1 }], reason: 'one too many' },
    headers: { 'idempotency-key': 'r' },
  });
  await house.operate('POST', `/api/v1/admin/returns/${asked.body.returnId}/approve`);
  await untilStock(sku, 1, 0);
  const refunded = await house.until(
    () => house.ask('GET', `/orders/${orderId}`, { as }),
    ({ body }) => body.returns[0].status === 'refunded',
  );
  expect(refunded.body.refunds).toMatchObject([{ status: 'refunded', amount: usd(1_000) }]);
  await audited();
});

test('a coupon that takes nothing off in sales counts here', async () => {
  const sku = await stocked(2);
  const code = unique('FRIDAY');
  const coupon = { code, percentOff: 10, usesPerBuyerMax: 1 };
  expect((await house.operate('POST', '/api/v1/admin/coupons', { body: coupon })).status).toBe(201);
  const as = unique('buyer');
  const cartId = await fill(as, sku, 1);
  expect(await initiate(as, cartId, { couponCode: 'NO-SUCH' })).toMatchObject({
    status: 422,
    body: { code: 'coupon_not_applicable', field: 'couponCode' },
  });
  await untilStock(sku, 2, 0);
  const { body } = await initiate(as, cartId, { couponCode: code });
  expect(body).toMatchObject({ couponCode: code, discount: usd(100), total: usd(900) });
  expect(await pay(body.checkoutId, as)).toMatchObject({ status: 201, body: { total: usd(900) } });
  await fill(as, sku, 1);
  expect(await initiate(as, cartId, { couponCode: code })).toMatchObject({
    body: { code: 'coupon_used_up' },
  });
});

test('a price that changed is said before the checkout, and does not change in it', async () => {
  const sku = await stocked(3);
  const as = unique('buyer');
  const cartId = await fill(as, sku, 1);
  await put(sku, 3, usd(1_500));
  await house.until(
    () => cart(as),
    ({ body }) => body.subtotal.amount === 1_500,
  );
  const { body } = await initiate(as, cartId);
  expect(body).toMatchObject({ total: usd(1_500) });
  expect(body.warnings[0]).toBe(`${sku} costs more than when it was put into the cart.`);
  await put(sku, 3, usd(2_000));
  await house.until(
    () => cart(as),
    (shown) => shown.body.subtotal.amount === 2_000,
  );
  expect((await initiate(as, cartId)).body).toEqual(body);
  expect(await pay(body.checkoutId, as)).toMatchObject({ status: 201, body: { total: usd(1_500) } });

  await fill(as, sku, 1);
  await put(sku, 3, { amount: 2_000, currency: 'EUR' });
  await house.until(
    () => cart(as),
    (shown) => shown.body.warnings.length > 0,
  );
  expect(await initiate(as, cartId)).toMatchObject({ status: 404, body: { code: 'sku_not_found', sku } });
});

test("a cart is its buyer's, and has something in it", async () => {
  const sku = await stocked(2);
  const { cartId } = await checkedOut(sku);
  const as = unique('buyer');
  const namesForeign = async () => {
    for (const named of [cartId, 'crt_0', 'something', `${cartId}0`]) {
      expect(await initiate(as, named)).toMatchObject({ status: 404, body: { code: 'cart_not_found' } });
    }
  };
  await namesForeign();
  expect((await house.ask('POST', '/checkout/initiate', { body: { cartId } })).status).toBe(401);
  expect((await initiate(as, '')).body).toMatchObject({ code: 'invalid_request', field: 'cartId' });
  const own = await fill(as, sku, 1);
  await namesForeign();
  await house.ask('DELETE', `/cart/items/${sku}`, { as });
  expect(await initiate(as, own)).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field: 'cartId' },
  });
  await untilStock(sku, 1, 1);
});

test("a guest's cart is checked out after the login, by either id and however often", async () => {
  const sku = await stocked(3);
  const poster = await stocked(3, { amount: 900, currency: 'EUR' });
  const { cartId: guests } = (await house.ask('POST', '/cart/items', { body: { sku, quantity: 2 } })).body;
  const as = unique('buyer');
  const { body } = await initiate(as, guests);
  expect(body.items).toMatchObject([{ sku, quantity: 2 }]);
  expect((await initiate(as, guests)).body).toEqual(body);
  const own = (await cart(as)).body.cartId;
  expect(own).not.toBe(guests);
  expect((await initiate(as, own)).body).toEqual(body);
  expect((await initiate(unique('buyer'), guests)).status).toBe(404);

  const { cartId: foreign } = (await house.ask('POST', '/cart/items', { body: { sku: poster, quantity: 1 } }))
    .body;
  expect(await initiate(as, foreign)).toMatchObject({ status: 422, body: { field: 'cartId' } });
});

test('no address takes general stock for a sale, but those that look whether all agrees', async () => {
  await stocked(1);
  const admin = '/api/v1/admin/sales/_general';
  const asked = await Promise.all([
    house.operate('POST', `${admin}/invitations`, { body: { buyers: ['ann'] } }),
    house.operate('POST', `${admin}/beacon`, { body: { value: 'ab' } }),
    house.operate('POST', `${admin}/messages`, { body: { text: 'hello' } }),
    house.operate('POST', `${admin}/close`),
    house.operate('PATCH', admin, { body: { title: 'x' } }),
    house.operate('POST', `${admin}/open`),
    house.ask('GET', '/sales/_general'),
    house.ask('GET', '/sales/_general/draw'),
    house.ask('GET', '/sales/_general/challenge'),
    house.ask('GET', '/sales/_general/tickets/me', { as: 'ann' }),
    house.ask('DELETE', '/sales/_general/tickets/me', { as: 'ann' }),
    house.ask('POST', '/sales/_general/tickets', { as: 'ann', body: {} }),
    house.ask('POST', '/sales/_general/reservations', {
      as: 'ann',
      body: { items: [{ sku: 'ps5', quantity: 1 }] },
    }),
  ]);
  for (const { status, body } of asked) expect([status, body.code]).toEqual([404, 'sale_not_found']);
  for (const looked of await Promise.all([
    house.operate('GET', `${admin}/audit`),
    house.operate('GET', `${admin}/discrepancies`),
    house.operate('POST', `${admin}/reconciliations`),
  ])) {
    expect(looked).toMatchObject({ status: 200, body: { saleId: '_general' } });
  }
});
