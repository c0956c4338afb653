import type { Redis } from 'ioredis';
import { placesKey, saleKey } from '../redis/keys.ts';

/** Buckets read in one round trip: about 4,000 buyers, well under a millisecond of Redis. */
const bucketsPerRead = 100;

/**
 * Everybody who ever had a place in a waiting room, in no order; a place given up keeps its index. Reads
 * bucket by bucket, beside the sale's path. The room may grow meanwhile: buckets split before they are
 * reached only move buyers upwards, so nobody is missed, and a buyer who moved is met twice.
 */
export async function* entrants(
  redis: Redis,
  saleId: string,
): AsyncGenerator<{ index: number; place: Buffer }> {
  for (let first = 0; first < (await bucketCount(redis, saleId)); first += bucketsPerRead) {
    const buckets = await Promise.all(
      Array.from({ length: bucketsPerRead }, (_, i) => placesIn(redis, placesKey(saleId, first + i))),
    );
    for (const bucket of buckets) yield* bucket;
  }
}

const bucketCount = async (redis: Redis, saleId: string) =>
  Number(await redis.hget(saleKey(saleId), 'buckets'));

/** HSCAN instead of HGETALL: ioredis makes strings of the fields of the latter, and a place is no text. */
async function placesIn(redis: Redis, key: string): Promise<{ index: number; place: Buffer }[]> {
  const places: { index: number; place: Buffer }[] = [];
  let cursor = '0';
  do {
    const [next, flat] = await redis.hscanBuffer(key, cursor, 'COUNT', 1_000);
    for (let i = 0; i < flat.length; i += 2) {
      const index = Number(String(flat[i + 1]));
      places.push({ index: index < 0 ? -1 - index : index, place: flat[i] as Buffer });
    }
    cursor = String(next);
  } while (cursor !== '0');
  return places;
}
