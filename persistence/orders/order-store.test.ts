import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderStore } from '../../engine/contracts/ports.ts';
import { testIntent } from '../fixtures/test-intent.ts';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { orderStoreOn } from './order-store.ts';

let database: Awaited<ReturnType<typeof testPool>>;
let store: OrderStore;

beforeAll(async () => {
  database = await testPool();
  store = orderStoreOn(database.pool, createLog('silent'));
  await insertSale(database.pool, 'pages', { ps5: 100 });
});
afterAll(() => database.close());

test('pages follow one another, newest first, and hold every order of the buyer once', async () => {
  const intents = Array.from({ length: 7 }, () => testIntent({ saleId: 'pages', buyerId: 'ann' }));
  const others = Array.from({ length: 3 }, () => testIntent({ saleId: 'pages', buyerId: 'bob' }));
  await Promise.all([...intents, ...others].map((intent) => store.beginPayment(intent)));
  const seen: string[] = [];
  let cursor: string | null = null;
  const sizes: number[] = [];
  do {
    const page: Awaited<ReturnType<OrderStore['orders']>> = await store.orders('ann', 3, cursor);
    sizes.push(page.data.length);
    seen.push(...page.data.map((order) => order.orderId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(sizes).toEqual([3, 3, 1]);
  expect(seen).toEqual(intents.map((intent) => intent.orderId).reverse());
});

test('a page that is exactly full is the last one; a cursor that never was one finds nothing', async () => {
  const page = await store.orders('bob', 3, null);
  expect(page.data).toHaveLength(3);
  expect(page.nextCursor).toBeNull();
  for (const cursor of ['', 'x', Buffer.from("ord_'; DROP TABLE orders").toString('base64url')]) {
    expect(await store.orders('bob', 3, cursor)).toEqual({ data: [], nextCursor: null });
  }
  expect(await store.orders('nobody', 3, null)).toEqual({ data: [], nextCursor: null });
});
