import type { JournaledPlaces } from '../contracts/rebuilt-sale.ts';
import { bucketOf, placeBytes } from './places.ts';

/** What a bucket of a waiting room holds, as lua/waiting-room/restore-places-1-each.lua takes it. */
export interface HeldInBucket {
  bucket: number;
  /** 12 bytes each. */
  places: Buffer;
  /** Of each place; -1 - index where it was given up. */
  indices: number[];
  /** Every index that was given up, also of those who have another one since. */
  givenUp: number[];
}

/** No index: the place was given up. */
const noIndex = -1;
/** Which index was given up is in no journal; whatever ticket is shown, it is not later. */
const unknownIndex = 1e15;

/**
 * A waiting room as the journal tells of it. Lies in memory as a whole, 24 bytes an entry once it is read, because buckets are written
 * one after the other: Redis spends a sixth on a bucket at once of what it spends on its places one by one.
 */
export class JournaledRoom {
  readonly #places: Buffer;
  /** Of each entry of the journal, in its order. */
  readonly #indices: Float64Array;

  private constructor(places: Buffer, indices: Float64Array) {
    this.#places = places;
    this.#indices = indices;
  }

  static async read(journaled: AsyncIterable<JournaledPlaces>): Promise<JournaledRoom> {
    const told: JournaledPlaces[] = [];
    for await (const one of journaled) told.push(one);
    const places = Buffer.concat(told.map((one) => one.places));
    const indices = new Float64Array(places.length / placeBytes);
    let at = 0;
    for (const { firstIndex, places: taken } of told) {
      for (let i = 0; i < taken.length / placeBytes; i++) {
        indices[at++] = firstIndex === null ? noIndex : firstIndex + i;
      }
    }
    return new JournaledRoom(places, indices);
  }

  /** How many entries the journal has: as many places, or a few more. */
  get size(): number {
    return this.#indices.length;
  }

  /** What each bucket holds, of so many; those that hold nothing are left out. What was said later counts. */
  *heldIn(buckets: number): Generator<HeldInBucket> {
    const order = this.#byBucket(buckets);
    let bucket = -1;
    let held = new Map<string, number>();
    let givenUp: number[] = [];
    for (const entry of order) {
      const place = this.#placeAt(entry);
      const itsBucket = bucketOf(place, buckets);
      if (itsBucket !== bucket) {
        if (held.size > 0) yield inBucket(bucket, held, givenUp);
        bucket = itsBucket;
        held = new Map();
        givenUp = [];
      }
      const name = place.toString('latin1');
      const index = this.#indices[entry] as number;
      const before = held.get(name);
      if (index !== noIndex) held.set(name, index);
      else if (before === undefined) held.set(name, -1 - unknownIndex);
      else if (before >= 0) {
        held.set(name, -1 - before);
        givenUp.push(before);
      }
    }
    if (held.size > 0) yield inBucket(bucket, held, givenUp);
  }

  /** Entries by their bucket, and within one in the order of the journal. */
  #byBucket(buckets: number): Uint32Array {
    const begins = new Uint32Array(buckets + 1);
    const bucketAt = Uint32Array.from({ length: this.size }, (_, entry) =>
      bucketOf(this.#placeAt(entry), buckets),
    );
    for (const bucket of bucketAt) begins[bucket + 1] = (begins[bucket + 1] as number) + 1;
    for (let bucket = 0; bucket < buckets; bucket++) {
      begins[bucket + 1] = (begins[bucket + 1] as number) + (begins[bucket] as number);
    }
    const order = new Uint32Array(this.size);
    for (const [entry, bucket] of bucketAt.entries()) {
      const at = begins[bucket] as number;
      order[at] = entry;
      begins[bucket] = at + 1;
    }
    return order;
  }

  #placeAt(entry: number): Buffer {
    return this.#places.subarray(entry * placeBytes, (entry + 1) * placeBytes);
  }
}

const inBucket = (bucket: number, held: ReadonlyMap<string, number>, givenUp: number[]): HeldInBucket => ({
  bucket,
  places: Buffer.from([...held.keys()].join(''), 'latin1'),
  indices: [...held.values()],
  givenUp,
});
