import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { testDatabase, testRedisUrl } from '../supervisor/fixtures/stores.ts';
import { workersReadiness } from './index.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(settings: Record<string, string>) {
  const child = fork(program, {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'silent', ...settings },
    silent: true,
  });
  started.push(child);
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const exit = once(child, 'exit').then(([code]) => ({ code: code as number | null, said }));
  return { child, exit };
}

const secret = 'x'.repeat(32);
const provider = { PROVIDER_URL: 'http://127.0.0.1:9', AUTH_SECRET: secret, TOKEN_SECRET: secret };

test('a worker says when it is ready, is seen, and ends cleanly when it is told to', async () => {
  const database = await testDatabase();
  const redisUrl = testRedisUrl(3);
  const { child, exit } = start({ ...provider, DATABASE_URL: database.url, REDIS_URL: redisUrl });
  const [message] = await once(child, 'message');
  expect(message).toEqual({ kind: 'ready' });
  const readiness = workersReadiness(redisUrl);
  expect(await readiness.check()).toBeNull();
  await readiness.close();
  child.kill('SIGTERM');
  expect(await exit).toEqual({ code: 0, said: '' });
  await database.drop();
});

test.each([
  ['no database', { REDIS_URL: 'redis://127.0.0.1:1' }, /^DATABASE_URL: is required by a worker$/],
  [
    'a database that is away',
    { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/db' },
    /^worker: .*ECONNREFUSED.*$/,
  ],
  ['a setting that makes no sense', { WORKERS: 'many' }, /^WORKERS: .*"many"$/],
])('a worker with %s ends with one line', async (_, settings, line) => {
  const { code, said } = await start({ ...provider, ...settings }).exit;
  expect(code).toBe(1);
  expect(said.trimEnd()).toMatch(line);
  expect(said).not.toContain('hunter2');
});

test('a worker whose Redis is away ends with one line', async () => {
  const database = await testDatabase();
  const settings = { ...provider, DATABASE_URL: database.url, REDIS_URL: 'redis://127.0.0.1:1' };
  const { code, said } = await start(settings).exit;
  expect(code).toBe(1);
  expect(said.trimEnd()).toMatch(/^worker: .*Redis.*$/);
  await database.drop();
});
