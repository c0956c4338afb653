import { join } from 'node:path';
import pg from 'pg';
import { startLeashed } from '../processes/leash.ts';
import type { RunningProcess } from '../processes/running.ts';
import { StartFailure } from '../start-failure.ts';
import { endLeftover } from './leftover.ts';
import { asAccount, postgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binary.ts';
import { ensureCluster } from './postgres-cluster.ts';

export interface PostgresOptions {
  /** From `findPostgres`. */
  binaries: PostgresBinaries;
  /** Where its data is kept; made if missing, inside a directory that exists. */
  directory: string;
  port: number;
  password: string;
  logFile: string;
  /** Further `name=value` settings, e.g. those of a test's throw-away cluster. */
  settings?: readonly string[];
}

export const postgresUrl = (port: number, password: string, database: string): string =>
  `postgres://doorbuster:${password}@127.0.0.1:${port}/${database}`;

const ownSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=256MB',
  'synchronous_commit=on',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_min_messages=warning',
];

/**
 * Starts a private Postgres on loopback; it is ready once it takes connections, after recovery. A
 * Postgres that an earlier run left on the same directory is ended first.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningProcess> {
  const { binaries, directory, port, logFile } = options;
  await ensureCluster(directory, binaries.initdb, options.password);
  const formerPid = await endLeftover(join(directory, 'postmaster.pid'), directory);
  const settings = [...ownSettings, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  const args = ['-D', directory, '-p', String(port), ...settings];
  const account = await postgresAccount(directory);
  const postgres = await startLeashed({
    ...(await asAccount(account, binaries.postgres, args, [binaries.postgres, directory])),
    // SIGINT is its "fast" shutdown: it ends sessions instead of waiting for them.
    stopSignal: 'INT',
    graceMs: 5_000,
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      LC_ALL: 'C',
      // A process of this pid is not taken for a Postgres on the same data: the pid has another owner now.
      ...(formerPid === null ? {} : { PG_GRANDPARENT_PID: String(formerPid) }),
    },
    logFile,
    answers: () => answers(postgresUrl(port, options.password, 'postgres')),
  });
  return { ...postgres, ready: postgres.ready.catch(unlessPassing) };
}

/** Sessions outlive a killed Postgres for a moment, and until then no other starts: worth another try. */
function unlessPassing(failure: unknown): never {
  if (failure instanceof StartFailure && /shared memory block/.test(failure.message)) {
    throw new Error(failure.message);
  }
  throw failure;
}

/** Makes the database unless it is there already. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

const invalidPassword = '28P01';

/** False while it is starting or recovering. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === invalidPassword) {
      throw new StartFailure('the password in DATA_DIR/secrets/postgres is not the one of DATA_DIR/postgres');
    }
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
