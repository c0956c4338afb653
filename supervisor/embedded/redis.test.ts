import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startTestRedis } from '../fixtures/temporary-stores.ts';
import { findRedis } from './redis-binary.ts';

async function testRedis() {
  const store = await startTestRedis();
  onTestFinished(() => store.remove());
  return store;
}

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { retryStrategy: null });
  redis.on('error', () => {});
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

test('is durable to each command, evicts nothing, and lets nobody in without the password', async () => {
  const { url } = await testRedis();
  const settings = await ask(url, (redis) =>
    redis.config('GET', 'append*', 'save', 'maxmemory-policy', 'bind', 'hash-max-listpack-entries'),
  );
  const pairs = settings as string[];
  const setting = (name: string) => pairs[pairs.indexOf(name) + 1];
  expect(setting('appendonly')).toBe('yes');
  expect(setting('appendfsync')).toBe('always');
  expect(setting('save')).toBe('');
  expect(setting('maxmemory-policy')).toBe('noeviction');
  expect(setting('bind')).toBe('127.0.0.1');
  expect(setting('hash-max-listpack-entries')).toBe('128');
  const stranger = new URL(url);
  stranger.password = '';
  await expect(ask(stranger.href, (redis) => redis.get('x'))).rejects.toThrow('NOAUTH');
});

test('keeps its data when it is stopped, and when it is killed', async () => {
  const store = await testRedis();
  await ask(store.url, (redis) => redis.set('first', '1'));
  await store.process.stop(2_000);
  await store.restart();
  await ask(store.url, (redis) => redis.set('second', '2'));
  process.kill(store.process.pid, 'SIGKILL');
  expect(await store.process.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await store.restart();
  expect(await ask(store.url, (redis) => redis.mget('first', 'second'))).toEqual(['1', '2']);
});

test('half of a transaction at the end of its log does not come back to life', async () => {
  const store = await testRedis();
  const kill = async () => {
    process.kill(store.process.pid, 'SIGKILL');
    await store.process.exited;
  };
  const write = (...keys: string[]) =>
    ask(store.url, (redis) =>
      redis.eval('for _, key in ipairs(KEYS) do redis.call("SET", key, 1) end', keys.length, ...keys),
    );
  const there = (...keys: string[]) => ask(store.url, (redis) => redis.exists(...keys));
  await write('first', 'second');
  await write('held', 'counted', 'journaled');
  await kill();
  const logs = join(store.directory, 'redis', 'appendonlydir');
  const [log] = (await readdir(logs)).filter((name) => name.endsWith('.incr.aof'));
  const file = join(logs, log as string);
  const text = await readFile(file, 'utf8');
  // In the middle of the transaction's second command.
  await truncate(file, text.lastIndexOf('counted') + 3);
  await store.restart();
  expect(await there('first', 'second')).toBe(2);
  await write('third', 'fourth');
  await kill();
  await store.restart();
  expect(await there('held', 'counted', 'journaled')).toBe(0);
  expect(await there('first', 'second', 'third', 'fourth')).toBe(4);
});

test('a Redis that was left on the data is ended by the next start', async () => {
  const store = await testRedis();
  await ask(store.url, (redis) => redis.set('kept', '1'));
  await store.process.stop(2_000);
  const { path } = await findRedis({ say: () => {} });
  const leftover = spawn(path, [join(store.directory, 'redis', 'redis.conf')], { stdio: 'ignore' });
  await vi.waitFor(() => ask(store.url, (redis) => redis.ping()), { timeout: 60_000 });
  await store.restart();
  expect(leftover.exitCode ?? (await once(leftover, 'exit'))[0]).toBe(0);
  expect(await ask(store.url, (redis) => redis.get('kept'))).toBe('1');
});
