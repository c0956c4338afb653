import { createHmac } from 'node:crypto';
import { derivedKey } from '../contracts/derived-key.ts';

/**
 * Splitting is due when buckets hold this many buyers on average. Linear hashing leaves the ones that
 * are next to split at twice the average of the others, and 128 is where Redis unpacks a hash.
 */
export const buyersPerBucket = 40;

/** Buckets split in one call: about 2,500 buyers move, 2 ms of Redis. */
export const bucketsPerGrowth = 64;

export const initialBuckets = 64;

/** What names a buyer in a waiting room. */
export const placeBytes = 12;

/** The key of a sale's places. Secret until the draw is fixed, then published so that leaves can be checked. */
export const placeKey = (tokenSecret: string, saleId: string): string =>
  derivedKey(tokenSecret, `place:${saleId}`);

/**
 * What the waiting room knows a buyer by: 96 bits of HMAC-SHA256 of the buyer's id. Long enough to bind a
 * leaf of the draw to one buyer, short enough to stay packed: 24 bytes a buyer at 1 million, 19 with 64 bits.
 */
export function placeOf(key: string, buyerId: string): Buffer {
  return createHmac('sha256', key).update(buyerId).digest().subarray(0, placeBytes);
}

/** The bucket of a place by linear hashing; the same function as lua/includes/places.lua. */
export function bucketOf(place: Buffer, buckets: number): number {
  const low = place.readUInt32LE(0);
  let size = 1;
  while (size < buckets) size *= 2;
  const bucket = low % size;
  return bucket < buckets ? bucket : low % (size / 2);
}

/** For each bucket to be made next: the one it splits from, and itself. */
export function splits(buckets: number, count: number): { from: number; to: number }[] {
  return Array.from({ length: count }, (_, i) => {
    const to = buckets + i;
    return { from: to - 2 ** Math.floor(Math.log2(to)), to };
  });
}
