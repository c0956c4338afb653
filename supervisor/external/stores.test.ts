import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../fixtures/stores.ts';
import { startTestRedis } from '../fixtures/temporary-stores.ts';
import { checkPostgres } from './postgres.ts';
import { checkRedis } from './redis.ts';

test('a Redis that may forget is used, and warned of', async () => {
  const store = await startTestRedis();
  onTestFinished(() => store.remove());
  expect(await checkRedis(store.url)).toEqual({ version: expect.stringMatching(/^[78]\./), warnings: [] });
  const redis = new Redis(store.url);
  await redis.config('SET', 'appendfsync', 'everysec', 'maxmemory-policy', 'allkeys-lru');
  await redis.quit();
  expect((await checkRedis(store.url)).warnings).toEqual([
    'REDIS_URL: appendfsync is everysec; set it to always, or what was sold can be forgotten',
    'REDIS_URL: maxmemory-policy is allkeys-lru; set it to noeviction, or what was sold can be forgotten',
  ]);
});

test('a store that lets us not in is one line without the password', async () => {
  const store = await startTestRedis();
  onTestFinished(() => store.remove());
  const redisUrl = new URL(store.url);
  redisUrl.password = 'hunter2';
  await expect(checkRedis(redisUrl.href)).rejects.toThrow(
    /^REDIS_URL: the Redis at 127\.0\.0\.1:\d+ cannot be used \(WRONGPASS invalid username-password pair/,
  );

  const database = await testDatabase();
  onTestFinished(() => database.drop());
  expect(await checkPostgres(database.url)).toEqual({ version: expect.stringMatching(/^18\./) });
  const databaseUrl = new URL(database.url);
  databaseUrl.password = 'hunter2';
  await expect(checkPostgres(databaseUrl.href)).rejects.toThrow(
    /^DATABASE_URL: the Postgres at 127\.0\.0\.1:\d+ cannot be used \(password authentication failed for user "doorbuster"\)$/,
  );
});
