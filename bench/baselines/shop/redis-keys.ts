import type { Redis } from 'ioredis';
import type { Stock, Store } from './store.ts';

/**
 * How the opponents on Redis keep a sale: a counter a SKU, a hash of holds by buyer, their deadlines in a
 * sorted set (a hold whose key just expires gives no unit back).
 */
export const keysOf = (saleId: string, sku: string) => ({
  stock: `{baseline:${saleId}}:stock:${sku}`,
  holds: `{baseline:${saleId}}:holds`,
  deadlines: `{baseline:${saleId}}:deadlines`,
});

export const sellWith =
  (redis: Redis): Store['sell'] =>
  async ({ saleId, sku, units }) => {
    await redis.set(keysOf(saleId, sku).stock, units);
  };

export const takenWith =
  (redis: Redis): Store['taken'] =>
  async ({ saleId, sku, units }: Stock) => {
    const { stock, holds, deadlines } = keysOf(saleId, sku);
    const left = Number(await redis.get(stock));
    const [byBuyer, byDeadline] = await Promise.all([redis.hlen(holds), redis.zcard(deadlines)]);
    return { units: units - left, holds: byBuyer === byDeadline ? byBuyer : Number.NaN };
  };

/** A hold as the hash keeps it. */
export const holdText = (id: string, deadlineMs: number): string => `${id} ${deadlineMs}`;

export function earlierHold(text: string) {
  const [id, deadlineMs] = text.split(' ') as [string, string];
  return { kind: 'held' as const, fresh: false, id, deadlineMs: Number(deadlineMs) };
}
