import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateCoupon } from '../../engine/contracts/wire/coupons.ts';
import { type IntentOptions, testIntent } from '../fixtures/test-intent.ts';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from '../orders/order-store.ts';
import { createPool } from '../postgres/pool.ts';
import { couponsOn } from './coupons.ts';

let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
});
afterAll(() => database.close());

const log = createLog('silent');
const newCode = () => `C-${randomBytes(4).toString('hex')}`;

async function coupon(terms: Partial<CreateCoupon> = {}): Promise<string> {
  const code = newCode();
  const created = await couponsOn(database.pool).create({ code, percentOff: 10, ...terms });
  expect(created.kind).toBe('created');
  return code;
}

async function saleOf(units: number): Promise<string> {
  const saleId = `sale-${randomBytes(4).toString('hex')}`;
  await insertSale(database.pool, saleId, { ps5: units });
  return saleId;
}

const usesOf = async (code: string) => (await couponsOn(database.pool).find(code))?.uses;
const kindOf = (outcome: { kind: string; code?: string }) => outcome.code ?? outcome.kind;
const count = (outcomes: readonly string[], kind: string) => outcomes.filter((one) => one === kind).length;

test('a budget of 100 with 1,000 buyers at once, at three gateways: exactly 100 use it', async () => {
  const saleId = await saleOf(1_000);
  const couponCode = await coupon({ usesMax: 100 });
  const pools = [1, 2, 3].map((n) => createPool(database.url, { connectionsMax: 2, name: `gateway ${n}` }));
  const gateways = pools.map((pool) => orderStoreOn(pool, log));
  const outcomes = await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const store = gateways[i % 3] as (typeof gateways)[0];
      return kindOf(await store.beginPayment(testIntent({ saleId, couponCode })));
    }),
  );
  await Promise.all(pools.map((pool) => pool.end()));
  expect(count(outcomes, 'accepted')).toBe(100);
  expect(count(outcomes, 'coupon_used_up')).toBe(900);
  expect(await usesOf(couponCode)).toBe(100);
  const { rows } = await database.pool.query(
    `SELECT count(*)::integer AS orders,
       (SELECT committed FROM sale_items WHERE sale_id = $1) AS committed,
       (SELECT count(*)::integer FROM idempotency_keys) AS keys
     FROM orders WHERE sale_id = $1 AND coupon_code = $2`,
    [saleId, couponCode],
  );
  // Whoever was refused left nothing behind.
  expect(rows).toEqual([{ orders: 100, committed: 100, keys: 100 }]);
});

test('a buyer uses it as often as it allows, with however many checkouts at once', async () => {
  const saleId = await saleOf(100);
  const couponCode = await coupon({ usesMax: 50, usesPerBuyerMax: 2 });
  const stores = [1, 2].map(() => orderStoreOn(database.pool, log));
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const intent = testIntent({ saleId, couponCode, buyerId: `greedy ${i % 4}` });
      return kindOf(await (stores[i % 2] as (typeof stores)[0]).beginPayment(intent));
    }),
  );
  expect(count(outcomes, 'accepted')).toBe(8);
  expect(count(outcomes, 'coupon_used_up')).toBe(32);
  expect(await usesOf(couponCode)).toBe(8);
});

test('neighbours of whoever comes too late are begun, and a repeat counts once', async () => {
  const saleId = await saleOf(100);
  const couponCode = await coupon({ usesMax: 1 });
  const store = orderStoreOn(database.pool, log);
  const begin = (options: Partial<IntentOptions>) => {
    const intent = testIntent({ saleId, ...options });
    return { intent, outcome: store.beginPayment(intent) };
  };
  const [first, second, ...others] = [
    begin({ couponCode }),
    begin({ couponCode }),
    begin({}),
    begin({ couponCode: await coupon() }),
  ];
  const outcomes = await Promise.all([first?.outcome, second?.outcome, ...others.map((one) => one.outcome)]);
  expect(outcomes.map((outcome) => kindOf(outcome as { kind: string })).sort()).toEqual([
    'accepted',
    'accepted',
    'accepted',
    'coupon_used_up',
  ]);
  const winner = outcomes[0]?.kind === 'accepted' ? first : second;
  expect(await store.beginPayment(winner?.intent as ReturnType<typeof testIntent>)).toMatchObject({
    kind: 'pending',
  });
  expect(await usesOf(couponCode)).toBe(1);
});

test('the database itself refuses more than the budget', async () => {
  const code = await coupon({ usesMax: 1 });
  const raise = (uses: number) =>
    database.pool.query('UPDATE coupons SET uses = $2 WHERE code = $1', [code, uses]);
  await raise(1);
  await expect(raise(2)).rejects.toThrow('coupon_within_budget');
  await expect(raise(-1)).rejects.toThrow('coupon_within_budget');
});
