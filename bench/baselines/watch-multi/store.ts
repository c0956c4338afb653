import { Redis } from 'ioredis';
import { earlierHold, holdText, keysOf, sellWith, takenWith } from '../shop/redis-keys.ts';
import type { Hold, Outcome, Store } from '../shop/store.ts';

/** WATCH belongs to a connection, so each request needs one of its own meanwhile. */
const connections = 16;

/** Optimistic: read under WATCH, write in MULTI, and again where somebody else was faster. */
export async function watchMulti(redisUrl: string): Promise<Store> {
  const all = Array.from({ length: connections }, () => new Redis(redisUrl));
  const free = [...all];
  const waiting: ((redis: Redis) => void)[] = [];
  const take = (): Promise<Redis> => {
    const redis = free.pop();
    return redis ? Promise.resolve(redis) : new Promise((resolve) => waiting.push(resolve));
  };
  const giveBack = (redis: Redis) => {
    const next = waiting.shift();
    if (next) next(redis);
    else free.push(redis);
  };
  const asking = new Redis(redisUrl);
  return {
    sell: sellWith(asking),
    taken: takenWith(asking),
    async close() {
      for (const redis of [asking, ...all]) redis.disconnect();
    },
    async reserve(hold) {
      const redis = await take();
      try {
        for (;;) {
          const outcome = await attempt(redis, hold);
          if (outcome !== 'overtaken') return outcome;
        }
      } finally {
        giveBack(redis);
      }
    },
  };
}

async function attempt(
  redis: Redis,
  { id, saleId, buyerId, sku, quantity, deadlineMs }: Hold,
): Promise<Outcome | 'overtaken'> {
  const { stock, holds, deadlines } = keysOf(saleId, sku);
  const [, left, earlier] = await Promise.all([
    redis.watch(stock),
    redis.get(stock),
    redis.hget(holds, buyerId),
  ]);
  if (earlier !== null || Number(left) < quantity) {
    await redis.unwatch();
    return earlier === null ? { kind: 'sold_out' } : earlierHold(earlier);
  }
  const replies = await redis
    .multi()
    .decrby(stock, quantity)
    .hset(holds, buyerId, holdText(id, deadlineMs))
    .zadd(deadlines, deadlineMs, id)
    .exec();
  return replies === null ? 'overtaken' : { kind: 'held', fresh: true, id, deadlineMs };
}
