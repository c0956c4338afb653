import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from '../../engine/contracts/page.ts';
import type { OrderStore } from '../../engine/contracts/ports.ts';
import type { Order } from '../../engine/contracts/wire/checkout.ts';
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

async function pageFor(buyerId: string, cursor: string | null): Promise<Page<Order>> {
  const page = await store.orders(buyerId, 3, cursor);
  if ('kind' in page) throw new Error(page.code);
  return page;
}

test('pages follow one another, newest first, and hold every order of the buyer once', async () => {
  const intents = Array.from({ length: 7 }, () => testIntent({ saleId: 'pages', buyerId: 'ann' }));
  const others = Array.from({ length: 3 }, () => testIntent({ saleId: 'pages', buyerId: 'bob' }));
  await Promise.all([...intents, ...others].map((intent) => store.beginPayment(intent)));
  const seen: string[] = [];
  let cursor: string | null = null;
  const sizes: number[] = [];
  do {
    const page: Page<Order> = await pageFor('ann', cursor);
    sizes.push(page.data.length);
    seen.push(...page.data.map((order) => order.orderId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(sizes).toEqual([3, 3, 1]);
  expect(seen).toEqual(intents.map((intent) => intent.orderId).reverse());
});

test('a page that is exactly full is the last one; a cursor that never was one is refused', async () => {
  const page = await pageFor('bob', null);
  expect(page.data).toHaveLength(3);
  expect(page.nextCursor).toBeNull();
  for (const cursor of ['', 'x', Buffer.from("ord_'; DROP TABLE orders").toString('base64url')]) {
    expect(await store.orders('bob', 3, cursor)).toMatchObject({ code: 'invalid_request', field: 'cursor' });
  }
  expect(await pageFor('nobody', null)).toEqual({ data: [], nextCursor: null });
});

test('an order shows the payment that was begun, not the attempt that was given up after it', async () => {
  const declined = testIntent({ saleId: 'pages', buyerId: 'cid' });
  await store.beginPayment(declined);
  await database.pool.query(
    "UPDATE payments SET state = 'declined', decline_code = 'x', settled_at = now() WHERE payment_id = $1",
    [declined.paymentId],
  );
  const { buyerId, reservationId, orderId } = declined;
  const givenUp = testIntent({ saleId: 'pages', buyerId, reservationId });
  expect(await store.abandon(givenUp, null)).toBe('now');
  expect(await store.order(orderId, buyerId)).toMatchObject({ paymentStatus: 'declined' });
});
