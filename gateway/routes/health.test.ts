import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis } from '../../supervisor/fixtures/temporary-stores.ts';
import type { Route } from '../http/route.ts';
import { healthRoutes } from './health.ts';

let store: Awaited<ReturnType<typeof startTestRedis>>;
let redis: Redis;
beforeAll(async () => {
  store = await startTestRedis();
  redis = new Redis(store.url);
});
afterAll(async () => {
  redis.disconnect();
  await store.remove();
});

const pingsOf = async (): Promise<number> =>
  Number(/cmdstat_ping:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);

test('a crowd that asks whether a sale can be served asks the stores once', async () => {
  const check = async () => {
    await redis.ping();
    return null;
  };
  const ready = healthRoutes({ redis: { check } }).find(({ path }) => path === '/readyz') as Route;
  const before = await pingsOf();
  const ask = async () => ready.answer({} as never);
  const answers = await Promise.all(Array.from({ length: 1_000 }, ask));
  for (const answer of answers) expect(answer).toEqual({ status: 200, body: { status: 'ready' } });
  expect((await pingsOf()) - before).toBe(1);
});
