import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';
import { startTestPostgres } from '../fixtures/temporary-stores.ts';
import { freePort } from '../ports.ts';
import { KeptProcess } from '../processes/kept-process.ts';
import { postgresUrl, startPostgres } from './postgres.ts';
import { findPostgres } from './postgres-binary.ts';

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function testOptions(directory: string) {
  const [port, binaries] = [await freePort(), await findPostgres()];
  return {
    binaries,
    directory: join(directory, 'postgres'),
    port,
    password: 'x',
    logFile: join(directory, 'log'),
  };
}

test('answers a commit when it is durable, and only on loopback', async () => {
  const directory = await temporaryDirectory();
  const options = await testOptions(directory);
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.stop(5_000));
  await postgres.ready;
  const url = postgresUrl(options.port, options.password, 'postgres');
  const settings = [
    'synchronous_commit',
    'fsync',
    'listen_addresses',
    'unix_socket_directories',
    'max_connections',
  ];
  const statement = `SELECT ${settings.map((name) => `current_setting('${name}')`).join()}`;
  expect(await query(url, statement)).toEqual(['on', 'on', '127.0.0.1', '', '200']);
  expect(await query(url, "SELECT lower('ÄÖ')")).toEqual(['äö']);
  expect(await query(url, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual(['scram-sha-256']);
});

test('keeps its data when it is stopped, and when it is killed', async () => {
  const store = await startTestPostgres();
  onTestFinished(() => store.remove());
  await query(store.url, 'CREATE TABLE kept AS SELECT 1 AS value');
  await store.process.stop(5_000);
  await store.restart();
  await query(store.url, 'INSERT INTO kept VALUES (2)');
  process.kill(store.process.pid, 'SIGKILL');
  await store.process.exited;
  await store.restart();
  expect(await query(store.url, 'SELECT value FROM kept ORDER BY value')).toEqual([1, 2]);
});

test('is started again while a session of the one that was killed still lives', async () => {
  const directory = await temporaryDirectory();
  const options = await testOptions(directory);
  const first = await startPostgres(options);
  await first.ready;
  const client = new pg.Client(postgresUrl(options.port, options.password, 'postgres'));
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const session = rows[0]?.pid ?? 0;
  process.kill(session, 'SIGSTOP');
  first.kill();
  await first.exited;
  const said: string[] = [];
  const next = new KeptProcess(
    'Postgres',
    () => startPostgres(options),
    (line) => said.push(line),
  );
  onTestFinished(() => next.stop(5_000));
  await vi.waitFor(() => expect(said.join()).toContain('shared memory block'), { timeout: 60_000 });
  process.kill(session, 'SIGCONT');
  await next.ready;
  await client.end().catch(() => {});
});

test('starts below a directory that is closed to everybody else, as a checkout under /root is', async () => {
  const home = join(await temporaryDirectory(), 'home');
  await mkdir(home, { mode: 0o700 });
  const options = await testOptions(home);
  const native = dirname(dirname(options.binaries.postgres));
  await cp(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true });
  const inHome = (program: string) => join(home, 'native', 'bin', program);
  options.binaries = { initdb: inHome('initdb'), postgres: inHome('postgres') };
  const postgres = await startPostgres(options);
  onTestFinished(() => postgres.stop(5_000));
  await postgres.ready;
  expect(await query(postgresUrl(options.port, options.password, 'postgres'), 'SELECT 1')).toEqual([1]);
});

test('data of another major version, or with another password, is one line', async () => {
  const directory = await temporaryDirectory();
  await chmod(directory, 0o711);
  const options = await testOptions(directory);
  await mkdir(options.directory);
  await writeFile(join(options.directory, 'PG_VERSION'), '16\n');
  await expect(startPostgres(options)).rejects.toThrow(/was made by Postgres 16; this is Postgres 18$/);

  await rm(options.directory, { recursive: true });
  const first = await startPostgres(options);
  await first.ready;
  await first.stop(5_000);
  const second = await startPostgres({ ...options, password: 'y' });
  await expect(second.ready).rejects.toThrow('the password in DATA_DIR/secrets/postgres is not the one');
  await second.stop(5_000);
});
