import type { Redis } from 'ioredis';
import { Overloaded, perSale } from '../redis/batcher.ts';
import { stockKey } from '../redis/keys.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';

/** What can be had now, by SKU; a SKU that Redis does not know is not in it. */
export type Available = ReadonlyMap<string, number>;

/** Whoever asks has an older answer at hand, and waits no longer for a Redis that is away. */
const deadlineMs = 250;

/**
 * Reads how many units of SKUs are available: one field each, where a tick reads every SKU of the sale. What lapsed
 * a moment ago and was not swept yet is not among them. Null where Redis does not say.
 */
export function availableReader(
  redis: Redis,
): (saleId: string, skus: readonly string[]) => Promise<Available | null> {
  const read = perSale<{ saleId: string; skus: readonly string[] }, Available>({
    sizeMax: 200,
    queueMax: 20_000,
    deadlineMs,
    async run(saleId, requests) {
      const skus = [...new Set(requests.flatMap((request) => request.skus))];
      const counts = await redis
        .hmget(stockKey(saleId), ...skus.map((sku) => `${sku}:available`))
        .catch((error: Error) => {
          throw error.message.startsWith('WRONGTYPE') ? error : new RedisUnavailable(error.message);
        });
      const available = new Map(
        skus.flatMap((sku, at) => (counts[at] == null ? [] : [[sku, Number(counts[at])] as const])),
      );
      return requests.map(() => available);
    },
  });
  return async (saleId, skus) => {
    if (skus.length === 0) return new Map();
    try {
      return await read({ saleId, skus });
    } catch (error) {
      if (error instanceof RedisUnavailable || error instanceof Overloaded) return null;
      throw error;
    }
  };
}
