import { Pool } from 'pg';
import type { Store } from '../shop/store.ts';

const schema = `
  CREATE SCHEMA IF NOT EXISTS row_lock;
  CREATE TABLE IF NOT EXISTS row_lock.stock (
    sale_id text, sku text, units integer NOT NULL, stock integer NOT NULL CHECK (stock >= 0),
    PRIMARY KEY (sale_id, sku)
  );
  CREATE TABLE IF NOT EXISTS row_lock.reservations (
    id text PRIMARY KEY, sale_id text NOT NULL, buyer_id text NOT NULL, sku text NOT NULL,
    quantity integer NOT NULL, deadline timestamptz NOT NULL,
    CONSTRAINT one_live_hold UNIQUE (sale_id, buyer_id)
  );`;

/**
 * One transaction a reservation. The row of the SKU is locked last, so that everybody else waits for one round
 * trip and one commit alone: the other order, which is seen more often, holds it for one round trip more.
 */
export async function pgRowLock(databaseUrl: string): Promise<Store> {
  const pool = new Pool({ connectionString: databaseUrl, max: 20 });
  // Without a listener an idle connection that Postgres ends would end the process.
  pool.on('error', () => {});
  await pool.query(schema);
  return {
    async sell({ saleId, sku, units }) {
      await pool.query('INSERT INTO row_lock.stock VALUES ($1, $2, $3, $3)', [saleId, sku, units]);
    },
    async reserve({ id, saleId, buyerId, sku, quantity, deadlineMs }) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const made = await client.query({
          name: 'hold',
          text: `INSERT INTO row_lock.reservations VALUES ($1, $2, $3, $4, $5, to_timestamp($6 / 1000.0))
                 ON CONFLICT ON CONSTRAINT one_live_hold DO NOTHING`,
          values: [id, saleId, buyerId, sku, quantity, deadlineMs],
        });
        if (made.rowCount === 0) {
          const { rows } = await client.query(
            `SELECT id, extract(epoch FROM deadline) * 1000 AS deadline_ms FROM row_lock.reservations
             WHERE sale_id = $1 AND buyer_id = $2`,
            [saleId, buyerId],
          );
          await client.query('ROLLBACK');
          return { kind: 'held', fresh: false, id: rows[0].id, deadlineMs: Number(rows[0].deadline_ms) };
        }
        const taken = await client.query({
          name: 'take',
          text: 'UPDATE row_lock.stock SET stock = stock - $3 WHERE sale_id = $1 AND sku = $2 AND stock >= $3',
          values: [saleId, sku, quantity],
        });
        await client.query(taken.rowCount === 1 ? 'COMMIT' : 'ROLLBACK');
        return taken.rowCount === 1 ? { kind: 'held', fresh: true, id, deadlineMs } : { kind: 'sold_out' };
      } finally {
        client.release();
      }
    },
    async taken({ saleId, sku }) {
      const { rows } = await pool.query(
        `SELECT units - stock AS units,
           (SELECT coalesce(sum(quantity), 0) FROM row_lock.reservations WHERE sale_id = $1 AND sku = $2) AS holds
         FROM row_lock.stock WHERE sale_id = $1 AND sku = $2`,
        [saleId, sku],
      );
      return { units: Number(rows[0].units), holds: Number(rows[0].holds) };
    },
    close: () => pool.end(),
  };
}
