import { hashOf } from './key-hash.ts';

/** A window: 64 bits of its caller's hash, how often it was taken from, and when it ends (ms after the base). */
const fields = 4;
const secondField = 1;
const takenField = 2;
const untilField = 3;

/** Windows in a bucket: two lines of the cache, which lie side by side. */
const ways = 8;
const bucketFields = ways * fields;

const initialBuckets = 256;

/** 32 bits of milliseconds last for 24 days: long before that the base is moved on. */
const baseMsMax = 2 ** 30;

/**
 * Counters by key that end by themselves, in one flat table. It keeps a hash instead of the key, so it leaves
 * the collector nothing to copy and a new caller costs one look at the memory: 0.55 µs, and 1.4 with two maps
 * of strings and objects (docs/adr/0014). That two of a million callers share a counter happens once in
 * 30 million times.
 */
export class Windows {
  #table = new Int32Array(initialBuckets * bucketFields);
  #baseMs = 0;
  /** Of the window that was taken from last. */
  taken = 0;
  untilMs = 0;

  /** Counts one more for the key, and says in `taken` and `untilMs` what came of it. */
  take(key: string, nowMs: number, windowMs: number): void {
    if (nowMs - this.#baseMs > baseMsMax) this.#rebuild(this.#table.length, nowMs);
    const { first, second } = hashOf(key);
    let at = this.#slotOf(first, second, nowMs - this.#baseMs);
    while (at < 0) {
      this.#rebuild(this.#table.length * 2, nowMs);
      at = this.#slotOf(first, second, nowMs - this.#baseMs);
    }
    const table = this.#table;
    const now = nowMs - this.#baseMs;
    const isOver = (table[at + untilField] as number) <= now;
    const taken = isOver ? 1 : (table[at + takenField] as number) + 1;
    const until = isOver ? now + windowMs : (table[at + untilField] as number);
    table[at] = first;
    table[at + secondField] = second;
    table[at + takenField] = taken;
    table[at + untilField] = until;
    this.taken = taken;
    this.untilMs = this.#baseMs + until;
  }

  /** Where the window of that hash is, else where it may begin; -1 where its bucket is full of others. */
  #slotOf(first: number, second: number, now: number): number {
    const table = this.#table;
    const bucket = (first & (table.length / bucketFields - 1)) * bucketFields;
    let free = -1;
    for (let at = bucket; at < bucket + bucketFields; at += fields) {
      if ((table[at + untilField] as number) <= now) free = at;
      else if (table[at + secondField] === second && table[at] === first) return at;
    }
    return free;
  }

  /** Moves what is not over into a table of that length, which counts from now on. */
  #rebuild(length: number, nowMs: number): void {
    const old = this.#table;
    const past = nowMs - this.#baseMs;
    this.#table = new Int32Array(length);
    this.#baseMs = nowMs;
    for (let from = 0; from < old.length; from += fields) {
      const left = (old[from + untilField] as number) - past;
      if (left <= 0) continue;
      const to = this.#slotOf(old[from] as number, old[from + secondField] as number, 0);
      this.#table.set(old.subarray(from, from + fields), to);
      this.#table[to + untilField] = left;
    }
  }
}
