import type { Redis } from 'ioredis';
import { saleKey } from '../../../engine/redis/keys.ts';
import { saleId } from './setup.ts';

/** Every key of a simulation's Redis as it lay there at some moment. */
export type RedisCopy = readonly { key: string; dump: Buffer }[];

export async function copyRedis(redis: Redis): Promise<RedisCopy> {
  const keys = (await redis.keys('*')).sort();
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return keys.map((key, at) => ({ key, dump: dumps[at] as Buffer }));
}

/** What an older copy of the append-only file, or a replica that was behind, makes of it. */
export async function restoreRedis(redis: Redis, copy: RedisCopy): Promise<void> {
  await redis.flushdb();
  await Promise.all(copy.map(({ key, dump }) => redis.restore(key, 0, dump)));
  await enterAnotherLife(redis);
}

/**
 * As after a restart: the server says that it is another one than the sale was published in. The simulations of a
 * process share one server that goes on, so it is the sale that is told.
 */
export async function enterAnotherLife(redis: Redis): Promise<void> {
  if (await redis.hexists(saleKey(saleId), 'epoch')) {
    await redis.hset(saleKey(saleId), 'life', 'of a server that is gone');
  }
}
