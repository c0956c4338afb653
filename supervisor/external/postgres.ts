import pg from 'pg';
import { reasonOf, StartFailure } from '../start-failure.ts';

/** Reaches the Postgres of DATABASE_URL once; returns its version. */
export async function checkPostgres(url: string): Promise<{ version: string }> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return { version: rows[0]?.server_version.split(' ')[0] ?? '' };
  } catch (error) {
    const { host } = new URL(url);
    throw new StartFailure(`DATABASE_URL: the Postgres at ${host} cannot be used (${reasonOf(error)})`);
  } finally {
    await client.end().catch(() => {});
  }
}
