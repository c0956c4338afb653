import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { london as address } from '../fixtures/addresses.ts';
import { type House, openHouse } from '../fixtures/house.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });

/** Shipping is 7.00 within the country and 40.00 elsewhere, tax 20 % within and not known elsewhere. */
const rates = {
  shipping: [
    { country: 'GB', price: usd(700) },
    { country: '*', price: usd(4_000) },
  ],
  tax: [{ country: 'GB', basisPoints: 2_000 }],
};

let folder: string;
let house: House;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'rates-'));
  const file = path.join(folder, 'rates.json');
  writeFileSync(file, JSON.stringify(rates));
  house = await openHouse({ RATES_FILE: file, RATE_BUYER_BURST: '1000' });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  rmSync(folder, { recursive: true });
  expect(undocumented).toEqual([]);
});

const abroad = { ...address, city: 'Paris', country: 'FR' };

const heldBy = async (as: string, fields: Partial<CreateSale> & { units?: number } = {}) => {
  const saleId = await house.sale({ units: 1, ...fields });
  const { body } = await house.reserve(saleId, as);
  return { saleId, checkoutId: body.checkoutId as string, reservationId: body.reservation.id as string };
};

const see = (checkoutId: string, as: string) => house.ask('GET', `/checkout/${checkoutId}`, { as });
const change = (checkoutId: string, as: string, body: object) =>
  house.ask('PATCH', `/checkout/${checkoutId}`, { as, body });
const payWith = (checkoutId: string, as: string, key: string, more: object = {}) =>
  house.ask('POST', `/checkout/${checkoutId}/pay`, {
    as,
    body: { paymentMethod: 'card', paymentToken: 'tok_visa', ...more },
    headers: { 'idempotency-key': key, prefer: 'wait=10' },
  });

test('without an address the price is an estimate; with one it is what is charged', async () => {
  const { checkoutId } = await heldBy('ana');
  const first = await see(checkoutId, 'ana');
  expect(first.body).toMatchObject({
    subtotal: usd(49_900),
    shipping: usd(0),
    tax: usd(0),
    total: usd(49_900),
    shippingAddress: null,
    warnings: ['Without an address, shipping and tax are estimates of zero.'],
  });
  const patched = await change(checkoutId, 'ana', { shippingAddress: address, billingAddress: abroad });
  expect(patched).toMatchObject({
    status: 200,
    body: {
      checkoutId,
      subtotal: usd(49_900),
      discount: usd(0),
      shipping: usd(700),
      tax: usd(9_980),
      total: usd(60_580),
      shippingAddress: address,
      billingAddress: abroad,
      warnings: [],
    },
  });
  expect(patched.body.priceLockedUntil).toBe(patched.body.expiresAt);
  expect(Object.keys(patched.body)).toEqual(Object.keys(first.body));
  const [, claims] = patched.body.purchaseToken.split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).total).toEqual(usd(60_580));
  expect((await see(checkoutId, 'ana')).body).toEqual(patched.body);

  const paid = await payWith(checkoutId, 'ana', 'pay');
  expect(paid).toMatchObject({ status: 201, body: { total: usd(60_580) } });
  const { body: order } = await house.ask('GET', `/orders/${paid.body.orderId}`, { as: 'ana' });
  expect(order).toMatchObject({
    subtotal: usd(49_900),
    discount: usd(0),
    shipping: usd(700),
    tax: usd(9_980),
    total: usd(60_580),
    shippingAddress: address,
    billingAddress: abroad,
  });
  expect((await see(checkoutId, 'ana')).body).toMatchObject({ total: usd(60_580), shippingAddress: address });
  // It can be sent, because it has an address.
  expect(
    await house.operate('POST', `/api/v1/admin/orders/${paid.body.orderId}/process`, { body: {} }),
  ).toMatchObject({ status: 200, body: { status: 'processing' } });
});

test('what is not named stays, null takes it back, and a place without a rate is an estimate', async () => {
  const { checkoutId } = await heldBy('ben');
  await change(checkoutId, 'ben', { shippingAddress: address });
  expect((await change(checkoutId, 'ben', { billingAddress: abroad })).body).toMatchObject({
    shippingAddress: address,
    billingAddress: abroad,
    total: usd(60_580),
  });
  expect((await change(checkoutId, 'ben', { shippingAddress: abroad })).body).toMatchObject({
    shipping: usd(4_000),
    tax: usd(0),
    total: usd(53_900),
    warnings: [expect.stringContaining('Tax')],
  });
  expect((await change(checkoutId, 'ben', { shippingAddress: null })).body).toMatchObject({
    total: usd(49_900),
    shippingAddress: null,
    billingAddress: abroad,
  });
});

test('what is malformed, and what is of somebody else, changes nothing', async () => {
  const { checkoutId } = await heldBy('cid');
  for (const [body, field] of [
    [{}, undefined],
    [{ shippingAddres: address }, 'shippingAddres'],
    [{ shippingAddress: { ...address, country: 'England' } }, 'shippingAddress.country'],
    [{ shippingAddress: { ...address, zip: '1' } }, 'shippingAddress.zip'],
    [{ shippingAddress: { ...address, name: '' } }, 'shippingAddress.name'],
  ] as const) {
    const answer = await change(checkoutId, 'cid', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.field).toBe(field);
  }
  for (const id of [checkoutId, 'chk_nothing', `${checkoutId.slice(0, -1)}zz`]) {
    expect(await change(id, 'mallory', { shippingAddress: abroad })).toMatchObject({
      status: 404,
      body: { code: 'checkout_not_found' },
    });
  }
  expect((await see(checkoutId, 'mallory')).status).toBe(404);
  expect((await see(checkoutId, 'cid')).body).toMatchObject({ total: usd(49_900), shippingAddress: null });
});

test('once a payment has begun nothing is changed any more', async () => {
  const paying = await heldBy('dan');
  await change(paying.checkoutId, 'dan', { shippingAddress: address });
  expect(await house.pay(paying.checkoutId, 'dan', 'k', 'tok_3ds', { prefer: 'wait=5' })).toMatchObject({
    body: { status: 'requires_action' },
  });
  expect(await change(paying.checkoutId, 'dan', { shippingAddress: abroad })).toMatchObject({
    status: 409,
    body: { code: 'payment_in_progress' },
  });

  const declined = await heldBy('dan');
  await change(declined.checkoutId, 'dan', { shippingAddress: address });
  await house.pay(declined.checkoutId, 'dan', 'd1', 'tok_declined', { prefer: 'wait=10' });
  expect(await change(declined.checkoutId, 'dan', { shippingAddress: abroad })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', orderId: declined.checkoutId.replace('chk_', 'ord_') },
  });
  expect((await see(declined.checkoutId, 'dan')).body.total).toEqual(usd(60_580));
  expect(await payWith(declined.checkoutId, 'dan', 'd2', { expectedTotal: usd(60_579) })).toMatchObject({
    status: 409,
    body: { code: 'price_changed', newTotal: usd(60_580) },
  });
  expect(await payWith(declined.checkoutId, 'dan', 'd3')).toMatchObject({
    status: 201,
    body: { total: usd(60_580) },
  });
  expect(await change(declined.checkoutId, 'dan', { shippingAddress: abroad })).toMatchObject({
    status: 409,
    body: { code: 'already_paid' },
  });

  const released = await heldBy('dan');
  await house.ask('DELETE', `/reservations/${released.reservationId}`, { as: 'dan' });
  expect(await change(released.checkoutId, 'dan', { shippingAddress: abroad })).toMatchObject({
    status: 410,
    body: { code: 'reservation_expired' },
  });
});

test('nobody is charged more than they expect, and who expects more is charged less', async () => {
  const { checkoutId } = await heldBy('eve');
  await change(checkoutId, 'eve', { shippingAddress: address });
  const asked = await payWith(checkoutId, 'eve', 'k', { expectedTotal: usd(49_900) });
  expect(asked).toMatchObject({
    status: 409,
    body: {
      code: 'price_changed',
      field: 'expectedTotal',
      oldTotal: usd(49_900),
      newTotal: usd(60_580),
      retryable: false,
    },
  });
  expect(
    await payWith(checkoutId, 'eve', 'k', { expectedTotal: { amount: 99_999, currency: 'EUR' } }),
  ).toMatchObject({ status: 409, body: { code: 'price_changed' } });
  // The same key: nothing was kept of what was refused.
  expect(await payWith(checkoutId, 'eve', 'k', { expectedTotal: usd(70_000) })).toMatchObject({
    status: 201,
    body: { total: usd(60_580) },
  });
});

test('a token from before a change pays no more than it says', async () => {
  const saleId = await house.sale({ units: 1, extendSeconds: 60 });
  const { body: reserved } = await house.reserve(saleId, 'fay');
  const { checkoutId, purchaseToken } = reserved;
  const patched = await change(checkoutId, 'fay', { shippingAddress: address });
  const again = await house.reserve(saleId, 'fay');
  const extended = await house.ask('POST', `/reservations/${reserved.reservation.id}/extend`, { as: 'fay' });
  expect([again.status, extended.status]).toEqual([200, 200]);
  const refused = {
    status: 409,
    body: {
      code: 'price_changed',
      field: 'purchaseToken',
      oldTotal: usd(49_900),
      newTotal: usd(60_580),
    },
  };
  for (const earlier of [purchaseToken, again.body.purchaseToken, extended.body.purchaseToken]) {
    expect(await payWith(checkoutId, 'fay', 'k', { purchaseToken: earlier })).toMatchObject(refused);
  }
  expect(await payWith(checkoutId, 'fay', 'k', { purchaseToken, expectedTotal: usd(60_579) })).toMatchObject({
    status: 409,
    body: { code: 'price_changed', field: 'expectedTotal' },
  });
  expect((await see(checkoutId, 'fay')).body).toMatchObject({
    reservation: { state: 'held' },
    total: usd(60_580),
    shippingAddress: address,
  });
  // The same key: nothing was kept of what was refused.
  const fresh = { purchaseToken: patched.body.purchaseToken };
  const paid = await payWith(checkoutId, 'fay', 'k', fresh);
  expect(paid).toMatchObject({ status: 201, body: { total: usd(60_580) } });
  // A repeat is a repeat, whatever token it comes with.
  expect(await payWith(checkoutId, 'fay', 'k', { purchaseToken })).toMatchObject({
    status: 201,
    body: paid.body,
    headers: { 'idempotency-replayed': 'true' },
  });
});

test('whoever has seen the new total pays it with any of their tokens, and a lower one with each', async () => {
  const expecting = await house.reserve(await house.sale({ units: 1 }), 'gil');
  const { checkoutId, purchaseToken } = expecting.body;
  await change(checkoutId, 'gil', { shippingAddress: address });
  expect(await payWith(checkoutId, 'gil', 'k', { purchaseToken, expectedTotal: usd(60_580) })).toMatchObject({
    status: 201,
    body: { total: usd(60_580) },
  });

  const cheaper = await heldBy('gil');
  const dear = await change(cheaper.checkoutId, 'gil', { shippingAddress: address });
  await change(cheaper.checkoutId, 'gil', { shippingAddress: null });
  expect(
    await payWith(cheaper.checkoutId, 'gil', 'l', { purchaseToken: dear.body.purchaseToken }),
  ).toMatchObject({ status: 201, body: { total: usd(49_900) } });
});

test('a price that is changed while it is paid is either what is charged, or refused', async () => {
  const rounds = 40;
  const totals = { [address.country]: 60_580, [abroad.country]: 53_900 };
  for (let round = 0; round < rounds; round += 1) {
    const as = `racer-${round}`;
    const { checkoutId } = await heldBy(as);
    await change(checkoutId, as, { shippingAddress: address });
    const later = (ms: number) => setTimeout(ms);
    const [patched, paid] = await Promise.all([
      later(round % 3).then(() => change(checkoutId, as, { shippingAddress: abroad })),
      later(round % 5).then(() => payWith(checkoutId, as, 'k')),
    ]);
    expect(paid.status).toBe(201);
    expect([200, 409]).toContain(patched.status);
    const place = patched.status === 200 ? abroad.country : address.country;
    expect(paid.body.total).toEqual(usd(totals[place] as number));
    const { body: order } = await house.ask('GET', `/orders/${paid.body.orderId}`, { as });
    expect(order).toMatchObject({ total: paid.body.total, shippingAddress: { country: place } });
  }
});

test('what is refused because an order is placed meanwhile changes nothing of what that is paid with', async () => {
  const { checkoutId } = await heldBy('ira');
  await change(checkoutId, 'ira', { shippingAddress: abroad });
  const database = new pg.Client(house.databaseUrl);
  await database.connect();
  let patched: ReturnType<typeof change>;
  try {
    await database.query('BEGIN');
    await database.query('LOCK TABLE quotes IN SHARE ROW EXCLUSIVE MODE');
    patched = change(checkoutId, 'ira', { shippingAddress: address });
    const waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'quotes'::regclass";
    while ((await database.query(waiting)).rowCount === 0) await setTimeout(20);
    expect((await payWith(checkoutId, 'ira', 'k', { paymentToken: 'tok_declined' })).status).toBe(402);
    await database.query('COMMIT');
  } finally {
    await database.end();
  }
  expect(await patched).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  const { body } = await see(checkoutId, 'ira');
  expect(body).toMatchObject({ total: usd(53_900), shippingAddress: { country: 'FR' } });
  expect(await payWith(checkoutId, 'ira', 'l', { purchaseToken: body.purchaseToken })).toMatchObject({
    status: 201,
    body: { total: usd(53_900) },
  });
});

test('a price that is raised while it is paid is not charged to whoever shows a token from before', async () => {
  for (let round = 0; round < 40; round += 1) {
    const as = `shown-${round}`;
    const { body } = await house.reserve(await house.sale({ units: 1 }), as);
    const { checkoutId, purchaseToken } = body;
    const later = (ms: number) => setTimeout(ms);
    const [patched, paid] = await Promise.all([
      later(round % 3).then(() => change(checkoutId, as, { shippingAddress: address })),
      later(round % 5).then(() => payWith(checkoutId, as, 'k', { purchaseToken })),
    ]);
    if (paid.status === 201) expect(paid.body.total).toEqual(usd(49_900));
    else {
      expect(paid).toMatchObject({ status: 409, body: { code: 'price_changed', newTotal: usd(60_580) } });
      expect(patched.status).toBe(200);
    }
  }
});
