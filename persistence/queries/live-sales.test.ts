import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { createPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const liveSales = statement<{ id: string }>('live-sales');

let database: Awaited<ReturnType<typeof testPool>>;
let reports: ReturnType<typeof createPool>;
beforeAll(async () => {
  database = await testPool();
  reports = createPool(database.url, { connectionsMax: 1, name: 'test', plans: 'through statistics' });
  await insertSale(database.pool, '_general', { known: 0 });
});
afterAll(async () => {
  await reports.end();
  await database.close();
});

/** A sale that ended long ago; all of it is committed but for what `left` says. */
async function endedSale(id: string, sku: string, left = 0): Promise<void> {
  await insertSale(database.pool, id, { [sku]: 5 });
  await database.pool.query('UPDATE sale_items SET committed = units - $2 WHERE sale_id = $1', [id, left]);
  await database.pool.query("UPDATE sales SET state = 'closed', published_at = now() WHERE id = $1", [id]);
  await database.pool.query(
    "UPDATE sale_relays SET relayed_at = now() - interval '3 hours' WHERE sale_id = $1",
    [id],
  );
}
const isLive = async (id: string) => (await liveSales(reports, [])).some((sale) => sale.id === id);

test('a sale that ended long ago with nothing owed is not looked after', async () => {
  await endedSale('sold', 'known');
  await endedSale('kept', 'unknown', 2);
  expect([await isLive('sold'), await isLive('kept')]).toEqual([false, false]);
});

test('an ended sale is looked after as long as it has units left of which general stock knows the SKU', async () => {
  await endedSale('left', 'known', 2);
  expect(await isLive('left')).toBe(true);
  await database.pool.query("UPDATE sale_items SET units = committed WHERE sale_id = 'left'");
  expect(await isLive('left')).toBe(false);
});

test('an ended sale is looked after until it has left Postgres', async () => {
  await endedSale('slow', 'unknown');
  await database.pool.query("UPDATE sales SET mode = 'slow' WHERE id = 'slow'");
  expect(await isLive('slow')).toBe(true);
  await database.pool.query("UPDATE sales SET mode = 'redis' WHERE id = 'slow'");
  expect(await isLive('slow')).toBe(false);
});

test('an ended sale is looked after while its Redis has not heard of a return', async () => {
  await endedSale('returned', 'unknown');
  await database.pool.query(
    `INSERT INTO restocks (restock_id, buyer_id, sku, order_id, sale_id, reservation_id, quantity, state)
     VALUES ('ret', 'ann', 'unknown', 'ord', 'returned', 'rsv', 1, 'to_sale')`,
  );
  expect(await isLive('returned')).toBe(true);
  await database.pool.query("UPDATE restocks SET state = 'in_stock'");
  expect(await isLive('returned')).toBe(false);
});
