import { Pool, type PoolClient } from 'pg';

/** What a confirmed order leaves, besides what Redis relays. */
const tables = [
  'orders',
  'order_items',
  'order_history',
  'payments',
  'idempotency_keys',
  'ledger_transactions',
  'postings',
] as const;

type Table = (typeof tables)[number];

/** Through the keys of those tables: a batch does not read the whole of them. */
const ofTheBuyer = '(t.buyer_id, t.order_id) IN (SELECT buyer_id, order_id FROM batch)';

/** Which rows of each table belong to the orders of a sale. `$2` and `$3` pick a batch of them. */
const belongs: Record<Table, string> = {
  orders: ofTheBuyer,
  order_items: ofTheBuyer,
  order_history: ofTheBuyer,
  payments: ofTheBuyer,
  idempotency_keys: ofTheBuyer,
  ledger_transactions: 't.order_id IN (SELECT order_id FROM batch)',
  postings:
    't.transaction_id IN (SELECT id FROM public.ledger_transactions WHERE order_id IN (SELECT order_id FROM batch))',
};

/** Orders in a commit. */
const batch = 1_000;

export interface ToCopy {
  saleId: string;
  orders: number;
}

export interface Copied {
  perSecond: number;
  /** Rows that are there twice now, by table: of an order one each. */
  copies: Record<string, number>;
}

/** Tables of the same columns, constraints and indexes, without triggers: less work than ours. */
async function emptyTables(pool: Pool): Promise<void> {
  await pool.query('DROP SCHEMA IF EXISTS multi_row CASCADE; CREATE SCHEMA multi_row');
  for (const table of tables) {
    await pool.query(
      `CREATE TABLE multi_row.${table} (LIKE public.${table} INCLUDING ALL EXCLUDING IDENTITY)`,
    );
  }
}

/**
 * The final rows of a sale's orders, written once more: one insert of many rows for each table, all tables
 * of a batch in one commit, on one connection. Reading them is not timed.
 */
export function multiRowCopier(databaseUrl: string) {
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  // Without a listener an idle connection that Postgres ends would end the process.
  pool.on('error', () => {});
  return async ({ saleId, orders }: ToCopy): Promise<Copied> => {
    await emptyTables(pool);
    const client = await pool.connect();
    let spentMs = 0;
    let copies: Record<string, number>;
    try {
      for (let from = 0; from < orders; from += batch) {
        const rows = new Map<Table, string>();
        for (const table of tables) rows.set(table, await rowsOf(client, table, saleId, from));
        const startMs = performance.now();
        await client.query('BEGIN');
        for (const [table, text] of rows) {
          await client.query(
            `INSERT INTO multi_row.${table} SELECT * FROM unnest($1::multi_row.${table}[])`,
            [text],
          );
        }
        await client.query('COMMIT');
        spentMs += performance.now() - startMs;
      }
      copies = await countCopies(client);
    } finally {
      client.release();
    }
    return { perSecond: (orders * 1000) / spentMs, copies };
  };
}

async function rowsOf(client: PoolClient, table: Table, saleId: string, from: number): Promise<string> {
  const { rows } = await client.query(
    `WITH batch AS MATERIALIZED (
       SELECT buyer_id, order_id FROM public.orders WHERE sale_id = $1 AND status = 'confirmed'
       ORDER BY order_id OFFSET $2 LIMIT $3
     )
     SELECT array_agg(t)::text AS rows FROM public.${table} AS t WHERE ${belongs[table]}`,
    [saleId, from, batch],
  );
  return rows[0].rows;
}

/** In the tables that have one row of each order. */
async function countCopies(client: PoolClient): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['orders', 'payments', 'ledger_transactions']) {
    const { rows } = await client.query(`SELECT count(*) AS count FROM multi_row.${table}`);
    counts[table] = Number(rows[0].count);
  }
  return counts;
}
