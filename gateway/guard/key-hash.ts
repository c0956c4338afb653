import { randomBytes } from 'node:crypto';

/** Drawn for each process, so that nobody can choose keys that meet. */
const seed = randomBytes(8);
const firstSeed = seed.readInt32LE(0);
const secondSeed = seed.readInt32LE(4);

/** 64 bits of a key as two integers, for tables that keep no keys. Not for secrets. */
export interface KeyHash {
  first: number;
  second: number;
}

/** The hash of the key that was asked about last: one object for all, because every request asks. */
const hash: KeyHash = { first: 0, second: 0 };

/** Two rounds of MurmurHash3's mixing side by side, on the key's UTF-16 units from `from` on. */
export function hashOf(key: string, from = 0): Readonly<KeyHash> {
  let first = firstSeed;
  let second = secondSeed;
  for (let at = Math.max(0, from); at < key.length; at += 1) {
    const unit = key.charCodeAt(at);
    first = Math.imul(first ^ unit, 0x5bd1e995);
    first ^= first >>> 15;
    second = Math.imul(second ^ unit, 0x1b873593);
    second ^= second >>> 13;
  }
  hash.first = finalised(first);
  hash.second = finalised(second);
  return hash;
}

/** MurmurHash3's finaliser: every bit of the input reaches every bit of the output. */
function finalised(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
