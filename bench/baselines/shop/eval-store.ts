import { Redis } from 'ioredis';
import { earlierHold, holdText, keysOf, sellWith, takenWith } from './redis-keys.ts';
import type { Store } from './store.ts';

const reserveScript = `
  local earlier = redis.call('HGET', KEYS[2], ARGV[1])
  if earlier then return earlier end
  local quantity = tonumber(ARGV[2])
  if tonumber(redis.call('GET', KEYS[1]) or 0) < quantity then return 0 end
  redis.call('DECRBY', KEYS[1], quantity)
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
  redis.call('ZADD', KEYS[3], ARGV[4], ARGV[5])
  return 1`;

interface WithReserve extends Redis {
  reserveUnits(...args: (string | number)[]): Promise<number | string>;
}

/** One script a request, called by its SHA. It does no more than it must: no outbox, no turns, no price. */
export async function evalStore(redisUrl: string): Promise<Store> {
  const redis = new Redis(redisUrl, {
    scripts: { reserveUnits: { lua: reserveScript, numberOfKeys: 3 } },
  }) as WithReserve;
  return {
    sell: sellWith(redis),
    taken: takenWith(redis),
    close: async () => redis.disconnect(),
    async reserve({ id, saleId, buyerId, sku, quantity, deadlineMs }) {
      const { stock, holds, deadlines } = keysOf(saleId, sku);
      const text = holdText(id, deadlineMs);
      const args = [stock, holds, deadlines, buyerId, quantity, text, deadlineMs, id];
      const decided = await redis.reserveUnits(...args);
      if (decided === 0) return { kind: 'sold_out' };
      return decided === 1 ? { kind: 'held', fresh: true, id, deadlineMs } : earlierHold(String(decided));
    },
  };
}
