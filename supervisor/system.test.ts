import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { standIn, standIns } from './fixtures/stand-ins/programs.ts';
import { testDatabase, testRedisUrl } from './fixtures/stores.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { startTestSystem, testSettings } from './fixtures/test-system.ts';
import { requireFreePort } from './ports.ts';
import { identityOf } from './processes/identity.ts';
import { programs } from './programs.ts';
import type { RunningSystem } from './system.ts';

const patience = { timeout: 60_000, interval: 50 };

const pidsOf = (system: Pick<RunningSystem, 'processes'>) =>
  system.processes().map(({ pid }) => pid ?? expect.fail('a process is between two lives'));

const expectAllGone = (pids: readonly number[]) =>
  vi.waitFor(() => expect(pids.map(identityOf)).toEqual(pids.map(() => null)), patience);

type Stores = { settings: Pick<RunningSystem['settings'], 'REDIS_URL' | 'DATABASE_URL'> };

async function remember(system: Stores, value: string): Promise<void> {
  const redis = new Redis(system.settings.REDIS_URL);
  await redis.set('kept', value);
  await redis.quit();
  const client = new pg.Client(system.settings.DATABASE_URL);
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS kept (value text)');
  await client.query('INSERT INTO kept VALUES ($1)', [value]);
  await client.end();
}

async function recall(system: RunningSystem): Promise<unknown[]> {
  const redis = new Redis(system.settings.REDIS_URL);
  const inRedis = await redis.get('kept');
  await redis.quit();
  const client = new pg.Client(system.settings.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query('SELECT value FROM kept');
  await client.end();
  return [inRedis, ...rows.map((row: { value: string }) => row.value)];
}

test('starts everything, stops everything, and keeps the data and the secrets', async () => {
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory(), GATEWAYS: '1', WORKERS: '2' });
  const { system } = await startTestSystem(settings);
  expect(system.processes().map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Redis', 'Postgres', 'provider', 'worker-1', 'worker-2', 'operator', 'gateway']),
  );
  for (const url of [system.publicUrl, system.operatorUrl, system.providerUrl]) {
    expect((await fetch(url)).status).toBe(200);
  }
  expect(system.settings).toMatchObject({ DEV_TOKENS: 'on', RATE_EXEMPT_LOOPBACK: 'on' });
  await remember(system, 'yesterday');
  const pids = pidsOf(system);
  await system.stop();
  expect(pids.map(identityOf)).toEqual(pids.map(() => null));
  await requireFreePort('PORT', settings.HOST, settings.PORT, 0);

  const { system: next } = await startTestSystem(settings);
  expect(await recall(next)).toEqual(['yesterday', 'yesterday']);
  const { AUTH_SECRET, TOKEN_SECRET } = system.settings;
  expect(AUTH_SECRET).toHaveLength(43);
  expect(next.settings).toMatchObject({ AUTH_SECRET, TOKEN_SECRET });
});

test('the simulated provider gives back what was paid before a restart', async () => {
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory() });
  const options = { programs: { ...standIns, provider: programs.provider } };
  const ask = async ({ providerUrl }: RunningSystem, path: string, form: Record<string, string>) => {
    const request = { method: 'POST', body: new URLSearchParams(form) };
    return (await (await fetch(`${providerUrl}/v1/${path}`, request)).json()) as { id: string };
  };
  const { system } = await startTestSystem(settings, options);
  const card = { amount: '100', currency: 'usd', payment_method: 'tok_visa', confirm: 'true' };
  const { id } = await ask(system, 'payment_intents', card);
  await system.stop();

  const { system: next } = await startTestSystem(settings, options);
  expect(await ask(next, 'refunds', { payment_intent: id })).toMatchObject({
    amount: 100,
    status: 'succeeded',
  });
});

test('starts again what dies, on the same addresses, with what was acknowledged', async () => {
  const { system, warnings } = await startTestSystem(
    await testSettings({ DATA_DIR: await temporaryDirectory() }),
  );
  await remember(system, 'acknowledged');
  const victims = pidsOf(system);
  for (const pid of victims) process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => {
    expect(await fetch(system.publicUrl).then((response) => response.text())).not.toBe('');
    expect(system.processes().every(({ restarts, pid }) => restarts === 1 && pid !== null)).toBe(true);
    expect(await recall(system)).toEqual(['acknowledged', 'acknowledged']);
  }, patience);
  expect(warnings).toContain('gateway ended (signal SIGKILL); starting it again');
  expect(warnings).toContain('Redis ended (signal SIGKILL); starting it again');
});

test('stores that are given are used, and left as they are when the system stops', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const given = { REDIS_URL: testRedisUrl(), DATABASE_URL: database.url };
  const secrets = { AUTH_SECRET: 'a'.repeat(32), TOKEN_SECRET: 't'.repeat(32) };
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory(), ...given, ...secrets });
  const { system } = await startTestSystem(settings);
  expect(system.processes().map(({ name }) => name)).toEqual(['provider', 'worker', 'operator', 'gateway']);
  expect(system.settings).toMatchObject({ ...given, ...secrets });
  expect(system.settings).not.toHaveProperty('DEV_TOKENS');
  await system.stop();
  await remember({ settings: given }, 'still there');
});

test('a data directory has one instance at a time, and the other is named', async () => {
  const DATA_DIR = await temporaryDirectory();
  await startTestSystem(await testSettings({ DATA_DIR }));
  await expect(startTestSystem(await testSettings({ DATA_DIR }))).rejects.toThrow(
    `${DATA_DIR} is in use by the instance with pid ${process.pid}`,
  );
});

test('what a killed supervisor started ends, and the next start finds its data', async () => {
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory() });
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const supervisor = fork(standIn('supervisor'), {
    env: { ...process.env, ...env },
    execArgv: ['--import', 'tsx'],
  });
  const [{ processes }] = (await once(supervisor, 'message')) as [
    { processes: ReturnType<RunningSystem['processes']> },
  ];
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
  // At once: the dead one's processes are still on their way out.
  const { system } = await startTestSystem(settings);
  await expectAllGone(pidsOf({ processes: () => processes }));
  expect((await fetch(system.publicUrl)).status).toBe(200);
  await remember(system, 'after');
});

test('a program that does not listen to SIGTERM is killed', async () => {
  const programs = { ...standIns, worker: standIn('deaf') };
  const { system } = await startTestSystem(await testSettings({ DATA_DIR: await temporaryDirectory() }), {
    programs,
  });
  const pids = pidsOf(system);
  await system.stop();
  expect(pids.map(identityOf)).toEqual(pids.map(() => null));
});

test('a foreseeable failure of a program is its one line, and nothing keeps running', async () => {
  const DATA_DIR = await temporaryDirectory();
  const settings = await testSettings({ DATA_DIR });
  const programs = { ...standIns, gateway: standIn('refusing') };
  await expect(startTestSystem(settings, { programs })).rejects.toThrow(/^PORT: somebody else was faster$/);
  expect(existsSync(join(DATA_DIR, 'supervisor.pid'))).toBe(false);
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
  await startTestSystem(settings);
});

test('a program that dies again and again at the start is given up', async () => {
  const programs = { ...standIns, worker: standIn('crashing') };
  const warnings: string[] = [];
  await expect(
    startTestSystem(await testSettings({ DATA_DIR: await temporaryDirectory() }), {
      programs,
      warn: (line) => warnings.push(line),
    }),
  ).rejects.toThrow(
    /^worker died 5 times within 10 s: ended before it was ready \(exit code 1\); see .*worker.log$/,
  );
  expect(warnings.join('\n')).toContain('worker: TypeError: nobody had foreseen this');
});

test('a port that is taken is named before anything starts', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory(), PORT: String(port) });
  await expect(startTestSystem(settings)).rejects.toThrow(
    `PORT: ${port} is taken by another program; set PORT to a free port`,
  );
  other.close();
});

test('a start that is called off leaves nothing behind', async () => {
  const DATA_DIR = await temporaryDirectory();
  const starting = new AbortController();
  const say = () => starting.abort();
  await expect(
    startTestSystem(await testSettings({ DATA_DIR }), { signal: starting.signal, say }),
  ).rejects.toThrow();
  expect(existsSync(join(DATA_DIR, 'supervisor.pid'))).toBe(false);
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
});

test.each([
  [
    { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' },
    'REDIS_URL: the Redis at 127.0.0.1:1 cannot be used (ECONNREFUSED)',
  ],
  [
    { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' },
    'DATABASE_URL: the Postgres at 127.0.0.1:1 cannot be used (ECONNREFUSED)',
  ],
])('a store that cannot be reached is one line: %s', async (env, line) => {
  const settings = await testSettings({ DATA_DIR: await temporaryDirectory(), ...env });
  await expect(startTestSystem(settings)).rejects.toThrow(line);
});

test('a data directory that cannot be written is one line', async () => {
  const DATA_DIR = join(import.meta.filename, 'data');
  await expect(startTestSystem(await testSettings({ DATA_DIR }))).rejects.toThrow(
    `DATA_DIR: ${DATA_DIR} cannot be written (ENOTDIR)`,
  );
});
