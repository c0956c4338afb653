import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../../supervisor/fixtures/stores.ts';
import { insertSale } from '../fixtures/test-sale.ts';
import { migrate } from './migrate.ts';

const sqlFolder = fileURLToPath(new URL('./sql', import.meta.url));
const earlier = readdirSync(sqlFolder).filter((file) => file < '0013');

const tables = ['orders', 'order_items', 'order_history', 'payments', 'idempotency_keys'];

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: pg.Pool;

beforeAll(async () => {
  database = await testDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => {});
  await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const migrateBy = (count: number) =>
  runner({
    databaseUrl: database.url,
    dir: sqlFolder,
    migrationsTable: 'migrations',
    direction: 'up',
    count,
    log: () => {},
  });

/** Names and definitions of what belongs to those tables, whatever schema they are in. */
async function belongings(): Promise<string[]> {
  const { rows } = await pool.query<{ text: string }>(
    `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS text
     FROM pg_constraint WHERE conrelid::regclass::text = ANY ($1) AND contype <> 'n'
     UNION ALL
     SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid::regclass::text = ANY ($1) AND NOT tgisinternal
     UNION ALL
     SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index
     WHERE indrelid::regclass::text = ANY ($1) AND indexrelid::regclass::text NOT IN
       ('payments_of_an_order', 'one_payment_at_a_time')
     UNION ALL
     SELECT attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull ||
       ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
     FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE attrelid::regclass::text = ANY ($1) AND attnum > 0 AND NOT attisdropped
     ORDER BY 1`,
    [tables],
  );
  // How deep a condition is in brackets says nothing.
  return rows.map((row) => row.text.replace(/[()]/g, ''));
}

const rowsOf = async (table: string) =>
  (await pool.query(`SELECT t::text FROM ${table} AS t ORDER BY t::text`)).rows;

test('rows of partitions are in the whole tables afterwards, with all that held before', async () => {
  await migrateBy(earlier.length);
  await insertSale(pool, 'whole', { ps5: 100 });
  for (let n = 0; n < 40; n += 1) {
    const names = [`buyer-${n}`, `ord_${n}`];
    await pool.query(
      `INSERT INTO orders (buyer_id, order_id, order_number, sale_id, reservation_id, currency, subtotal_minor, total_minor)
       VALUES ($1, $2, 'n', 'whole', 'r', 'USD', 5, 5)`,
      names,
    );
    await pool.query(
      `INSERT INTO order_items (buyer_id, order_id, sku, line, title, quantity, unit_price_minor, line_total_minor)
       VALUES ($1, $2, 'ps5', 0, 'PS5', 1, 5, 5)`,
      names,
    );
    await pool.query(
      `INSERT INTO order_history (buyer_id, order_id, to_status, by) VALUES ($1, $2, 'pending', 'buyer')`,
      names,
    );
    await pool.query(
      `INSERT INTO payments (buyer_id, payment_id, order_id, sale_id, idempotency_key, state, amount_minor, currency, payment_token)
       VALUES ($1, 'pay_' || $2, $2, 'whole', 'k', 'initiated', 5, 'USD', 'tok_visa')`,
      names,
    );
    await pool.query(
      `INSERT INTO idempotency_keys (buyer_id, operation, key, fingerprint, order_id) VALUES ($1, 'pay', 'k', 'f', $2)`,
      names,
    );
  }
  const before = await Promise.all(tables.map(rowsOf));
  const heldBefore = await belongings();
  expect(before.map((rows) => rows.length)).toEqual([40, 40, 40, 40, 40]);

  await migrateBy(1);
  expect(await Promise.all(tables.map(rowsOf))).toEqual(before);
  expect(await belongings()).toEqual(heldBefore);
  const { rows } = await pool.query(
    `SELECT relname FROM pg_class WHERE relkind IN ('p', 'I') OR relispartition`,
  );
  expect(rows).toEqual([]);
  await migrate(database.url);
});

test('an order has one live payment, and any number of others', async () => {
  const pay = (paymentId: string, state: string) =>
    pool.query(
      `INSERT INTO payments (buyer_id, payment_id, order_id, sale_id, idempotency_key, state, amount_minor, currency,
         payment_token, decline_code)
       VALUES ('payer', $1, 'ord_paid', 'whole', $1, $2, 5, 'USD', 'tok_visa', 'x')`,
      [paymentId, state],
    );
  await pay('pay_a', 'declined');
  await pay('pay_b', 'abandoned');
  await pay('pay_live', 'initiated');
  for (const state of ['initiated', 'authorized', 'captured']) {
    await expect(pay(`pay_${state}`, state)).rejects.toMatchObject({
      code: '23505',
      constraint: 'one_payment_at_a_time',
    });
  }
  await pool.query(
    `UPDATE payments SET state = 'declined', decline_code = 'x' WHERE payment_id = 'pay_live'`,
  );
  await pay('pay_c', 'captured');
});
