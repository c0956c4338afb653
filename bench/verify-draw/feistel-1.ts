import { createHash } from 'node:crypto';

/**
 * The order of a draw, written from docs/draw.md and nothing else, to be read beside the page: bytes where
 * the engine keeps words, remainders where it compares, HalfSipHash of any message.
 */

const turnedLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** HalfSipHash-2-4 of a message under a key of 8 bytes, as an integer from 0 to 2^32 − 1. */
export function halfSipHash(key: Buffer, message: Buffer): number {
  const k0 = key.readInt32LE(0);
  const k1 = key.readInt32LE(4);
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1];
  const words = Math.floor(message.length / 4) + 1;
  for (let step = 0; step <= words; step++) {
    const isEnd = step === words;
    const word = isEnd ? 0 : wordAt(message, 4 * step);
    if (isEnd) v2 ^= 0xff;
    v3 ^= word;
    for (let round = 0; round < (isEnd ? 4 : 2); round++) {
      v0 = (v0 + v1) | 0;
      v1 = turnedLeft(v1, 5) ^ v0;
      v0 = turnedLeft(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = turnedLeft(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = turnedLeft(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = turnedLeft(v1, 13) ^ v2;
      v2 = turnedLeft(v2, 16);
    }
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

/** The word at a place of a message; the last one is what is left of it, below its length. */
function wordAt(message: Buffer, at: number): number {
  if (at + 4 <= message.length) return message.readInt32LE(at);
  let word = message.length << 24;
  for (let i = at; i < message.length; i++) word |= message.readUInt8(i) << (8 * (i - at));
  return word;
}

/** The 24 round keys, 8 bytes each. */
export function roundKeys(drawSeed: Buffer, entrants: number): Buffer[] {
  const count = Buffer.from(entrants.toString(16).padStart(16, '0'), 'hex');
  const blocks = [0, 1, 2, 3, 4, 5].map((b) =>
    createHash('sha256')
      .update(Buffer.concat([Buffer.from('feistel-1', 'ascii'), drawSeed, count, Buffer.of(b)]))
      .digest(),
  );
  const bytes = Buffer.concat(blocks);
  return Array.from({ length: 24 }, (_, r) => bytes.subarray(8 * r, 8 * r + 8));
}

/** The smallest even number, from 2 on, whose square is not below the number of entrants. */
export function sideOf(entrants: number): number {
  let side = 2;
  while (side * side < entrants) side += 2;
  return side;
}

/** The turn of each index among so many entrants; whoever came after them keeps the index. */
export function orderOf(drawSeed: Buffer, entrants: number): (index: number) => number {
  const a = sideOf(entrants);
  const keys = roundKeys(drawSeed, entrants);
  const message = Buffer.alloc(4);

  function pass(x: number): number {
    let [left, right] = [Math.floor(x / a), x % a];
    for (const key of keys) {
      message.writeUInt32LE(right);
      const f = Math.floor((halfSipHash(key, message) * a) / 2 ** 32);
      [left, right] = [right, (left + f) % a];
    }
    return left * a + right;
  }

  return (index) => {
    if (index >= entrants) return index;
    let x = pass(index);
    while (x >= entrants) x = pass(x);
    return x;
  };
}
