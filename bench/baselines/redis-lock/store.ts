import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { earlierHold, holdText, keysOf, sellWith, takenWith } from '../shop/redis-keys.ts';
import type { Store } from '../shop/store.ts';

const lockMs = 5_000;
/** Random, so that those who wait do not come back together. A fixed 200 ms, as Redlock's default has it, sells less. */
const retryMsMax = 8;

/** Only who took the lock gives it back. */
const unlock = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** A lock for each SKU (SET NX PX), then read, decide and write from here. */
export async function redisLock(redisUrl: string): Promise<Store> {
  const redis = new Redis(redisUrl);

  async function withLock<Result>(key: string, use: () => Promise<Result>): Promise<Result> {
    const owner = randomUUID();
    while ((await redis.set(key, owner, 'PX', lockMs, 'NX')) === null)
      await sleep(Math.random() * retryMsMax);
    try {
      return await use();
    } finally {
      await redis.eval(unlock, 1, key, owner);
    }
  }

  return {
    sell: sellWith(redis),
    taken: takenWith(redis),
    close: async () => redis.disconnect(),
    reserve: ({ id, saleId, buyerId, sku, quantity, deadlineMs }) => {
      const { stock, holds, deadlines } = keysOf(saleId, sku);
      return withLock(`${stock}:lock`, async () => {
        const [left, earlier] = await Promise.all([redis.get(stock), redis.hget(holds, buyerId)]);
        if (earlier !== null) return earlierHold(earlier);
        if (Number(left) < quantity) return { kind: 'sold_out' as const };
        await redis
          .multi()
          .decrby(stock, quantity)
          .hset(holds, buyerId, holdText(id, deadlineMs))
          .zadd(deadlines, deadlineMs, id)
          .exec();
        return { kind: 'held' as const, fresh: true, id, deadlineMs };
      });
    },
  };
}
