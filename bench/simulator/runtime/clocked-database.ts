import pg from 'pg';

/** Holds the functions that take the place of Postgres' clock. */
const schema = 'simulated';

/**
 * `now()` and `clock_timestamp()` that a connection can set: found before those of pg_catalog, they are what the
 * statements mean, unchanged, and what the tables have as defaults where they are made afterwards.
 */
const clockFunctions = ['now', 'clock_timestamp']
  .map(
    (name) => `CREATE FUNCTION ${schema}.${name}() RETURNS timestamptz LANGUAGE sql STABLE AS $$
      SELECT coalesce(
        to_timestamp(nullif(current_setting('${schema}.now_ms', true), '')::bigint / 1000.0),
        pg_catalog.${name}()
      )
    $$;`,
  )
  .join('\n');

/** Gives an empty database a clock that can be set; it is migrated afterwards. */
export async function giveSetClock(databaseUrl: string): Promise<void> {
  await onDatabase(databaseUrl, async (client) => {
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(clockFunctions);
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    await prepare(client, rows[0]?.name ?? '');
  });
}

/** A copy of a database with such a clock, under another name; answers its URL. Nobody may be connected to it. */
export async function copyDatabase(databaseUrl: string, name: string): Promise<string> {
  const [server, copy] = [new URL(databaseUrl), new URL(databaseUrl)];
  server.pathname = '/postgres';
  copy.pathname = `/${name}`;
  await onDatabase(server.href, async (client) => {
    const template = pg.escapeIdentifier(new URL(databaseUrl).pathname.slice(1));
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${template}`);
    await prepare(client, name);
  });
  return copy.href;
}

/** What a copy does not take over from its template. */
async function prepare(client: pg.ClientBase, name: string): Promise<void> {
  const database = pg.escapeIdentifier(name);
  await client.query(`ALTER DATABASE ${database} SET search_path = public, ${schema}, pg_catalog`);
  // Who gives way of those that wait for each other is decided in `stillness.ts`, not by a timer of Postgres.
  await client.query(`ALTER DATABASE ${database} SET deadlock_timeout = '1h'`);
}

async function onDatabase(url: string, does: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await does(client);
  } finally {
    await client.end();
  }
}

/** Sets what `now()` says on that connection. */
export const setClockStatement = (nowMs: number): string => `SET ${schema}.now_ms = ${nowMs}`;

/** Makes the procedure `wipe`, which empties every table and lets ids begin anew, and answers how to call it. */
export async function prepareWipe(client: pg.ClientBase): Promise<string> {
  const tables = await client.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migrations' ORDER BY relname`,
  );
  const sequences = await client.query<{ name: string }>(
    `SELECT quote_literal(quote_ident(relname)) AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' ORDER BY relname`,
  );
  const emptied = tables.rows.map(({ name }) => `DELETE FROM ${name};`);
  const begun = sequences.rows.map(({ name }) => `PERFORM setval(${name}, 1, false);`);
  // Deleting: truncating so many tables took 250 ms where this took 4.
  await client.query(`CREATE PROCEDURE ${schema}.wipe() LANGUAGE plpgsql AS $$
    BEGIN
      -- The append-only tables refuse to be emptied, and nothing has to be checked about what goes altogether.
      SET LOCAL session_replication_role = replica;
      ${[...emptied, ...begun].join('\n      ')}
    END $$`);
  return `CALL ${schema}.wipe()`;
}
