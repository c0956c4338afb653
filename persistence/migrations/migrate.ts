import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

const sqlFolder = fileURLToPath(new URL('./sql', import.meta.url));

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Brings the database to the present schema and returns the names of the migrations that it applied, in
 * order; none when it was current. Two callers at once are harmless: the second waits, and finds nothing
 * to do. All pending migrations are one transaction. Throws what Postgres says when it cannot be reached.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl: { connectionString: databaseUrl, connectionTimeoutMillis: 10_000 },
    dir: sqlFolder,
    migrationsTable: 'migrations',
    direction: 'up',
    // Numbers are given out before the work is done, so a lower one may come later.
    checkOrder: false,
    advisoryLockMode: 'wait',
    logger: silent,
  });
  return applied.map((migration) => migration.name);
}
