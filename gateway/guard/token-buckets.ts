import { hashOf } from './key-hash.ts';

/** A bucket: 64 bits of its caller's hash, and when it is full again: ms after the base, rounded up, and by how much. */
const fields = 4;
const secondField = 1;
const fullField = 2;
const roundedField = 3;

/** Of a millisecond. */
const fractions = 1e9;
/** What two sums of the same fractions may differ by. */
const nearlyMs = 1e-3;

/** Buckets in a set: two lines of the cache, which lie side by side. */
const ways = 8;
const setFields = ways * fields;

const initialSets = 256;

/** 32 bits of milliseconds last for 24 days: long before that the base is moved on. */
const baseMsMax = 2 ** 30;

/**
 * Token buckets by key, in one flat table. A bucket is known by the moment at which it is full again: a token
 * that is taken moves it on by what one token takes to come, and from then on it is as if it had never been
 * there (GCRA, the generic cell rate algorithm). The table keeps a hash instead of the key, so it leaves
 * the collector nothing to copy and a new caller costs one look at the memory: 0.55 µs, and 1.4 with two maps
 * of strings and objects (docs/adr/0014). That two of a million callers share a bucket happens once in
 * 30 million times.
 */
export class TokenBuckets {
  readonly #tokenMs: number;
  readonly #depthMs: number;
  #table = new Int32Array(initialSets * setFields);
  #baseMs = 0;
  /** Of the bucket that was asked last: whole tokens that are left. */
  left = 0;
  /** Until there is another token, and until all of them are there. */
  nextMs = 0;
  fullMs = 0;

  /** `depth` tokens at most, and one more every `tokenMs`. */
  constructor(depth: number, tokenMs: number) {
    this.#tokenMs = tokenMs;
    this.#depthMs = depth * tokenMs;
  }

  /** Takes a token of the key's bucket; false where there is none. `left`, `nextMs`, `fullMs` say how it is now. */
  take(key: string, nowMs: number): boolean {
    if (nowMs - this.#baseMs > baseMsMax) this.#rebuild(this.#table.length, nowMs);
    const { first, second } = hashOf(key);
    let at = this.#slotOf(first, second, nowMs - this.#baseMs);
    while (at < 0) {
      this.#rebuild(this.#table.length * 2, nowMs);
      at = this.#slotOf(first, second, nowMs - this.#baseMs);
    }
    const table = this.#table;
    const whole = (table[at + fullField] as number) - (nowMs - this.#baseMs);
    const emptyMs = whole > 0 ? whole - (table[at + roundedField] as number) / fractions : 0;
    const isTaken = emptyMs + this.#tokenMs <= this.#depthMs + nearlyMs;
    const fullMs = isTaken ? emptyMs + this.#tokenMs : emptyMs;
    if (isTaken) {
      const full = nowMs - this.#baseMs + fullMs;
      table[at] = first;
      table[at + secondField] = second;
      table[at + fullField] = Math.ceil(full);
      table[at + roundedField] = Math.round((Math.ceil(full) - full) * fractions);
    }
    this.left = Math.floor((this.#depthMs - fullMs + nearlyMs) / this.#tokenMs);
    this.nextMs = Math.max(0, fullMs + this.#tokenMs - this.#depthMs);
    this.fullMs = fullMs;
    return isTaken;
  }

  /** Where the bucket of that hash is, else where it may begin; -1 where its set is full of others. */
  #slotOf(first: number, second: number, now: number): number {
    const table = this.#table;
    const set = (first & (table.length / setFields - 1)) * setFields;
    let free = -1;
    for (let at = set; at < set + setFields; at += fields) {
      if ((table[at + fullField] as number) <= now) free = at;
      else if (table[at + secondField] === second && table[at] === first) return at;
    }
    return free;
  }

  /** Moves what is not full again into a table of that length, which counts from now on. */
  #rebuild(length: number, nowMs: number): void {
    const old = this.#table;
    const past = nowMs - this.#baseMs;
    this.#table = new Int32Array(length);
    this.#baseMs = nowMs;
    for (let from = 0; from < old.length; from += fields) {
      const left = (old[from + fullField] as number) - past;
      if (left <= 0) continue;
      const to = this.#slotOf(old[from] as number, old[from + secondField] as number, 0);
      this.#table.set(old.subarray(from, from + fields), to);
      this.#table[to + fullField] = left;
    }
  }
}
