import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { calculatorsOf } from '../../engine/index.ts';
import { type Hold, testHouse } from '../fixtures/test-house.ts';
import { forgetQuotes } from './quote-store.ts';

let house: Awaited<ReturnType<typeof testHouse>>;
let redis: Redis;
beforeAll(async () => {
  house = await testHouse();
  redis = new Redis(house.redis.url);
});
afterAll(async () => {
  redis.disconnect();
  await house.close();
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
const shippingAddress = { name: 'Ann', line1: '1', city: 'London', postalCode: 'N1', country: 'GB' };
const shippingAt = (amount: number) =>
  calculatorsOf({ shipping: [{ country: '*', price: usd(amount) }], tax: [] });

const saleKey = (saleId: string) => `db:{${saleId}}:sale`;

/** The sale's clock goes on, in steps that it takes for time passing. */
async function pass(sale: LiveSale, fromMs: number, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 4_000) {
    await redis.hset(saleKey(sale.config.id), 'wallMs', fromMs + Math.min(ms, passed + 4_000));
    await house.engine.runOnce();
  }
}

/** A hold with an address whose price was locked for its first ten seconds, and that lives on. */
async function pastItsLock(): Promise<Hold> {
  const sale = await house.openSale(5, { holdSeconds: 10, extendSeconds: 3_600 });
  const startMs = Date.now();
  await redis.hset(saleKey(sale.config.id), 'wallMs', startMs);
  const hold = await house.hold(sale);
  const { desk } = house.engine;
  expect(await desk.reprice(hold.checkoutId, hold.buyerId, { shippingAddress })).toMatchObject({
    checkout: { total: usd(49_900) },
  });
  expect((await desk.extend(hold.reservationId, hold.buyerId, 'more')).kind).toBe('extended');
  expect(await house.payAt(hold, { calculators: shippingAt(500) }, 'tok_visa', usd(1))).toMatchObject({
    code: 'price_changed',
    members: { newTotal: usd(49_900) },
  });
  await pass(sale, startMs, 12_000);
  return hold;
}

test('a price that has risen since its lock ended is asked for again, and then kept', async () => {
  const hold = await pastItsLock();
  const dearer = { calculators: shippingAt(500) };
  expect(await house.payAt(hold, dearer)).toMatchObject({
    kind: 'refused',
    code: 'price_changed',
    members: { oldTotal: usd(49_900), newTotal: usd(50_400) },
  });
  const seen = await house.engine.desk.checkout(hold.checkoutId, hold.buyerId);
  expect(seen).toMatchObject({ checkout: { total: usd(50_400), shipping: usd(500), shippingAddress } });
  // Locked anew: what it comes to elsewhere does not matter.
  expect(await house.payAt(hold, { calculators: shippingAt(900) })).toMatchObject({ kind: 'pending' });
  expect(await house.orders.orders(hold.buyerId, 1, null)).toMatchObject({
    data: [{ total: usd(50_400), shipping: usd(500), shippingAddress }],
  });
});

test('a price that has fallen since is given', async () => {
  const hold = await pastItsLock();
  await house.engine.desk.reprice(hold.checkoutId, hold.buyerId, { billingAddress: shippingAddress });
  const { rows } = await house.database.pool.query(
    "UPDATE quotes SET locked_until = now() - interval '1 minute', shipping_minor = 100, total_minor = 50000 WHERE buyer_id = $1 RETURNING 1",
    [hold.buyerId],
  );
  expect(rows.length).toBe(2);
  expect(await house.payAt(hold, {})).toMatchObject({ kind: 'pending' });
  expect(await house.orders.orders(hold.buyerId, 1, null)).toMatchObject({
    data: [{ total: usd(49_900), shipping: usd(0) }],
  });
});

test('quotes are forgotten when nobody can pay by them any more', async () => {
  const hold = await house.hold(await house.openSale(1));
  await house.engine.desk.reprice(hold.checkoutId, hold.buyerId, { shippingAddress });
  const kept = async () =>
    (await house.database.pool.query('SELECT 1 FROM quotes WHERE buyer_id = $1', [hold.buyerId])).rows.length;
  await forgetQuotes(house.database.pool);
  expect(await kept()).toBe(1);
  await house.database.pool.query("UPDATE quotes SET quoted_at = now() - interval '8 days'");
  await house.engine.desk.release(hold.reservationId, hold.buyerId);
  await forgetQuotes(house.database.pool);
  expect(await kept()).toBe(0);
  // What it cost is not known any more; that it has ended is.
  expect(await house.engine.desk.checkout(hold.checkoutId, hold.buyerId)).toMatchObject({
    code: 'checkout_not_found',
  });
  expect(await house.payAt(hold, {}, 'tok_visa', usd(49_900))).toMatchObject({ code: 'reservation_expired' });
  expect(await house.pay(hold)).toMatchObject({ code: 'reservation_expired' });
  expect(await house.engine.desk.reprice(hold.checkoutId, hold.buyerId, {})).toMatchObject({
    code: 'reservation_expired',
  });
});
