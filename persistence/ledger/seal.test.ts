import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { testPool } from '../fixtures/test-sale.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { brokenSeals, sealOnce } from './seal.ts';

let database: Awaited<ReturnType<typeof testPool>>;
beforeEach(async () => {
  database = await testPool();
});
afterEach(() => database.close());

async function post(on: Pick<pg.Pool, 'query'>, orderId: string, amount = 1): Promise<number> {
  const { rows } = await on.query<{ id: number }>(
    `WITH entry AS (
       INSERT INTO ledger_transactions (kind, sale_id, order_id) VALUES ('order_confirmed', 's', $1) RETURNING id
     ), moved AS (
       INSERT INTO postings SELECT id, 0, 'a', 'b', 'USD', $2 FROM entry
     )
     SELECT id FROM entry`,
    [orderId, amount],
  );
  return rows[0]?.id as number;
}

/**
 * Seals until `count` transactions are sealed. One pass may find nothing: whatever is in flight in another
 * test's database holds the oldest transaction of the whole server back.
 */
async function sealAll(count: number, sealers = 1): Promise<void> {
  let sealed = 0;
  await eventually(async () => {
    const passes = await Promise.all(Array.from({ length: sealers }, () => sealOnce(database.pool)));
    sealed += passes.reduce((sum, transactions) => sum + transactions, 0);
    return sealed;
  }).toBe(count);
}

/** What nobody can do through the tables, done by somebody who owns them. */
async function tamper(statement: string): Promise<void> {
  const connection = await database.pool.connect();
  await connection.query('SET session_replication_role = replica');
  await connection.query(statement);
  await connection.query('RESET session_replication_role');
  connection.release();
}

test('the ledger is append-only', async () => {
  await post(database.pool, 'o1');
  for (const table of [
    'ledger_transactions',
    'postings',
    'ledger_seals',
    'order_history',
    'reservation_events',
  ]) {
    await expect(database.pool.query(`DELETE FROM ${table}`)).rejects.toThrow('append-only');
    await expect(database.pool.query(`TRUNCATE ${table}`)).rejects.toThrow('append-only');
  }
  await expect(database.pool.query('UPDATE postings SET amount = 2')).rejects.toThrow('append-only');
});

test('seals follow one another, and hold', async () => {
  // Of one commit, so that nothing in flight elsewhere lies between them.
  await inTransaction(database.pool, async (transaction) => {
    for (const order of ['o1', 'o2', 'o3']) await post(transaction, order);
  });
  await sealAll(3);
  expect(await sealOnce(database.pool)).toBe(0);
  const last = await post(database.pool, 'o4');
  await sealAll(1);
  const { rows } = await database.pool.query(
    'SELECT number, through_id, transactions FROM ledger_seals ORDER BY number',
  );
  expect(rows).toEqual([
    { number: 1, through_id: last - 1, transactions: 3 },
    { number: 2, through_id: last, transactions: 1 },
  ]);
  expect(await brokenSeals(database.pool, 100)).toEqual([]);
});

test('what is in flight is not sealed around: a row that commits later is sealed later', async () => {
  const slow = await database.pool.connect();
  await slow.query('BEGIN');
  const early = await post(slow, 'slow');
  const late = await post(database.pool, 'fast');
  expect(late).toBeGreaterThan(early);
  expect(await sealOnce(database.pool)).toBe(0);
  await slow.query('COMMIT');
  slow.release();
  await sealAll(2);
  expect(await brokenSeals(database.pool, 100)).toEqual([]);
});

test('two that seal at once make one link', async () => {
  await Promise.all(Array.from({ length: 50 }, (_, at) => post(database.pool, `o${at}`)));
  await sealAll(50, 4);
  expect(await brokenSeals(database.pool, 100)).toEqual([]);
});

test.each([
  ['an altered amount', 'UPDATE postings SET amount = amount + 1 WHERE transaction_id = 2'],
  ['an altered transaction', "UPDATE ledger_transactions SET order_id = 'else' WHERE id = 2"],
  ['a removed transaction', 'DELETE FROM ledger_transactions WHERE id = 2'],
  ['a removed posting', 'DELETE FROM postings WHERE transaction_id = 2'],
  ['an added posting', "INSERT INTO postings VALUES (2, 9, 'b', 'c', 'USD', 1)"],
  ['a forged seal', "UPDATE ledger_seals SET hash = sha256('x') WHERE number = 2"],
])('%s is noticed', async (_, statement) => {
  for (const order of ['o1', 'o2', 'o3']) {
    await post(database.pool, order);
    await sealAll(1);
  }
  expect(await brokenSeals(database.pool, 100)).toEqual([]);
  await tamper(statement);
  expect(await brokenSeals(database.pool, 100)).toContain(2);
});
