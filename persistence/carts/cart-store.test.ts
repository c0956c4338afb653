import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoredCart } from '../../engine/contracts/carts.ts';
import { newId, type OrderId } from '../../engine/contracts/ids.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { cartStoreOn } from './cart-store.ts';

let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
  await insertSale(database.pool, generalStockId, { ps5: 100, box: 100 });
});
afterAll(() => database.close());

const store = () => cartStoreOn(database.pool);
const unitPrice = { amount: 49_900, currency: 'USD' };

/** A buyer with a cart; `lines` says what is in it now. */
async function shopper(items: Record<string, number>) {
  const owner = { buyerId: newId('buyer'), cartId: null };
  const put = (sku: string, quantity: number) => store().put(owner, { sku, quantity, unitPrice }, 'set');
  for (const [sku, quantity] of Object.entries(items)) await put(sku, quantity);
  const found = async () => (await store().find(owner)) as StoredCart;
  return {
    ...owner,
    cartId: (await found()).cartId as string,
    put,
    remove: (sku: string) => store().remove(owner, sku),
    lines: async () => Object.fromEntries((await found()).lines.map(({ sku, quantity }) => [sku, quantity])),
  };
}
type Shopper = Awaited<ReturnType<typeof shopper>>;

/** An order that the cart was checked out for, with these rows, in that state. */
async function ordered({ buyerId, cartId }: Shopper, items: Record<string, number>): Promise<OrderId> {
  const orderId: OrderId = newId('ord');
  await store().checkOut(cartId, orderId);
  await database.pool.query(
    `INSERT INTO orders (buyer_id, order_id, order_number, sale_id, reservation_id, currency, subtotal_minor, total_minor)
     VALUES ($1, $2, $2, $3, $2, 'USD', 0, 0)`,
    [buyerId, orderId, generalStockId],
  );
  for (const [line, [sku, quantity]] of Object.entries(items).entries()) {
    await database.pool.query(
      `INSERT INTO order_items (buyer_id, order_id, sku, line, title, quantity, unit_price_minor, line_total_minor)
       VALUES ($1, $2, $3, $4, $3, $5::integer, 1, $5::integer)`,
      [buyerId, orderId, sku, line, quantity],
    );
  }
  return orderId;
}

async function moved({ buyerId }: Shopper, orderId: OrderId, from: string, to: string): Promise<void> {
  await database.pool.query('UPDATE orders SET status = $3 WHERE buyer_id = $1 AND order_id = $2', [
    buyerId,
    orderId,
    to,
  ]);
  await database.pool.query(
    `INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by) VALUES ($1, $2, $3, $4, 'a test')`,
    [buyerId, orderId, from, to],
  );
}
const confirmed = (who: Shopper, orderId: OrderId) => moved(who, orderId, 'pending', 'confirmed');

const checkoutsOf = async ({ cartId }: Shopper) =>
  (await database.pool.query('SELECT order_id FROM cart_checkouts WHERE cart_id = $1', [cartId])).rows.map(
    ({ order_id }) => order_id,
  );

test('what an order bought leaves the cart once, however many ask for it at once', async () => {
  const who = await shopper({ ps5: 3, box: 2 });
  const order = await ordered(who, { ps5: 2, box: 2 });
  expect(await who.lines()).toEqual({ ps5: 3, box: 2 });
  await confirmed(who, order);
  const all = await Promise.all(Array.from({ length: 8 }, () => who.lines()));
  for (const lines of all) expect(lines).toEqual({ ps5: 1 });
  await who.put('ps5', 5);
  expect(await who.lines()).toEqual({ ps5: 5 });
});

test('the first who changes the cart changes what is left of it', async () => {
  const who = await shopper({ ps5: 3 });
  await confirmed(who, await ordered(who, { ps5: 2 }));
  const line = { sku: 'ps5', quantity: 4, unitPrice };
  expect(await store().put({ buyerId: who.buyerId, cartId: null }, line, 'add')).toMatchObject({
    lines: [{ sku: 'ps5', quantity: 5 }],
  });
  expect(await who.lines()).toEqual({ ps5: 5 });
});

test('two orders of one cart take what each of them bought, and never more than there is', async () => {
  const who = await shopper({ ps5: 5, box: 4 });
  const orders = [await ordered(who, { ps5: 2, box: 3 }), await ordered(who, { ps5: 2 })];
  await who.put('box', 1);
  for (const order of orders) await confirmed(who, order);
  expect(await who.lines()).toEqual({ ps5: 1 });
});

test('an order that was cancelled since had bought it; one that failed, or is open, has not', async () => {
  const who = await shopper({ ps5: 5 });
  const [cancelled, failed, open] = [
    await ordered(who, { ps5: 1 }),
    await ordered(who, { ps5: 1 }),
    await ordered(who, { ps5: 1 }),
  ];
  await confirmed(who, cancelled);
  await moved(who, cancelled, 'confirmed', 'cancelled');
  await moved(who, failed, 'pending', 'failed');
  expect(await who.lines()).toEqual({ ps5: 4 });
  expect((await checkoutsOf(who)).sort()).toEqual([failed, open].sort());
  await confirmed(who, open);
  expect(await who.lines()).toEqual({ ps5: 3 });
});

test('checkouts that nobody can pay any more are forgotten, and take nothing', async () => {
  const who = await shopper({ ps5: 5 });
  await ordered(who, { ps5: 2 });
  await database.pool.query(
    "UPDATE cart_checkouts SET checked_out_at = now() - interval '8 days' WHERE cart_id = $1",
    [who.cartId],
  );
  expect(await who.lines()).toEqual({ ps5: 5 });
  expect(await checkoutsOf(who)).toEqual([]);
});

test('a cart that is gone meanwhile has nothing to be taken out of it', async () => {
  const who = await shopper({ ps5: 1 });
  await database.pool.query('DELETE FROM carts WHERE cart_id = $1', [who.cartId]);
  await store().checkOut(who.cartId, newId('ord'));
  expect(await checkoutsOf(who)).toEqual([]);
});
