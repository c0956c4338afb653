import { createHmac } from 'node:crypto';

/**
 * Splitting is due when buckets hold this many buyers on average. Linear hashing leaves the ones that
 * are next to split at twice the average of the others, and 128 is where Redis unpacks a hash.
 */
export const buyersPerBucket = 40;

/** Buckets split in one call: about 2,500 buyers move, 2 ms of Redis. */
export const bucketsPerGrowth = 64;

export const initialBuckets = 64;

/** 64 bits of a keyed hash of the buyer's id: what the packed buckets are keyed by. */
export function buyerHash(key: string, saleId: string, buyerId: string): Buffer {
  return createHmac('sha256', key).update(`${saleId}\0${buyerId}`).digest().subarray(0, 8);
}

/** The bucket of a hash by linear hashing; the same function as lua/includes/places.lua. */
export function bucketOf(hash: Buffer, buckets: number): number {
  const low = hash.readUInt32LE(0);
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
