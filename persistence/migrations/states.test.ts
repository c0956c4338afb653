import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  orderStates,
  paymentStates,
  refundStates,
  restockStates,
  returnStates,
  saleStates,
  type Transitions,
} from '../../engine/contracts/states.ts';
import { insertSale, testPool } from '../fixtures/test-sale.ts';

let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
  await insertSale(database.pool, 'state', {});
  await database.pool.query(
    `INSERT INTO orders (buyer_id, order_id, order_number, sale_id, reservation_id, currency, subtotal_minor, total_minor)
     VALUES ('b', 'o', 'n', 'state', 'r', 'USD', 1, 1)`,
  );
  await database.pool.query(
    `INSERT INTO payments (buyer_id, payment_id, order_id, sale_id, state, amount_minor, currency, payment_token,
       idempotency_key, decline_code)
     VALUES ('b', 'p', 'o', 'state', 'abandoned', 1, 'USD', 'tok', 'k', 'x')`,
  );
  // Constraints that tie a state to its time are not what is tested here.
  for (const [table, fact] of [
    ['returns', 'decided_has_a_time'],
    ['refunds', 'settled_refund_has_a_time'],
  ]) {
    await database.pool.query(`ALTER TABLE ${table} DROP CONSTRAINT ${fact}`);
  }
  await database.pool.query(
    `INSERT INTO returns (buyer_id, return_id, order_id, sale_id, reason) VALUES ('b', 't', 'o', 'state', 'r')`,
  );
  await database.pool.query(
    `INSERT INTO refunds (buyer_id, refund_id, order_id, payment_id, sale_id, amount_minor, currency, reason,
       requested_by, failure_code)
     VALUES ('b', 'f', 'o', 'p', 'state', 1, 'USD', 'r', 'op', 'x')`,
  );
  await database.pool.query(
    `INSERT INTO restocks (buyer_id, restock_id, sku, order_id, sale_id, reservation_id, quantity)
     VALUES ('b', 't', 'ps5', 'o', 'state', 'r', 1)`,
  );
});
afterAll(() => database.close());

const machines: [string, string, Transitions<string>][] = [
  ['sales', 'state', saleStates],
  ['orders', 'status', orderStates],
  ['payments', 'state', paymentStates],
  ['returns', 'state', returnStates],
  ['refunds', 'state', refundStates],
  ['restocks', 'state', restockStates],
];

describe.each(machines)('%s.%s', (table, column, states) => {
  const names = Object.keys(states);

  /** Puts the row into a state past the trigger, moves it, and undoes both. Null where the move is allowed. */
  async function refusal(from: string, to: string): Promise<string | null> {
    const connection = await database.pool.connect();
    try {
      await connection.query('BEGIN');
      await connection.query('SET LOCAL session_replication_role = replica');
      await connection.query(`UPDATE ${table} SET ${column} = $1`, [from]);
      await connection.query('SET LOCAL session_replication_role = origin');
      await connection.query(`UPDATE ${table} SET ${column} = $1`, [to]);
      return null;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await connection.query('ROLLBACK');
      connection.release();
    }
  }

  test('takes the states of the table and no other', async () => {
    for (const name of names) expect(await refusal(name, name)).toBeNull();
    expect(await refusal('nonsense', 'nonsense')).toMatch('violates check constraint');
  });

  test('allows the moves of the table and no other', async () => {
    const allowed: string[] = [];
    for (const from of names) {
      for (const to of names) {
        if (from !== to && (await refusal(from, to)) === null) allowed.push(`${from} → ${to}`);
      }
    }
    const wanted = names.flatMap((from) => (states[from]?.to ?? []).map((to) => `${from} → ${to}`));
    expect(allowed.sort()).toEqual(wanted.sort());
  });
});
