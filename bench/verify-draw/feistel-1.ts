import { createHash } from 'node:crypto';

/**
 * The order of a draw, written from docs/draw.md and nothing else: integers without bounds where the
 * engine counts in 32 bits, bytes where it keeps words. Slow (a third of a millisecond a turn) and meant
 * to be read beside the page.
 */

const word = (x: bigint): bigint => BigInt.asUintN(32, x);
const turnedLeft = (x: bigint, bits: bigint): bigint => word(x << bits) | (x >> (32n - bits));

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** HalfSipHash-2-4 with 32 bits of output, of any message, under a key of 8 bytes. */
export function halfSipHash(key: Uint8Array, message: Uint8Array): bigint {
  const k0 = littleEndian(key.subarray(0, 4));
  const k1 = littleEndian(key.subarray(4, 8));
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765n ^ k0, 0x74656462n ^ k1];

  const mix = (times: number): void => {
    for (let i = 0; i < times; i++) {
      v0 = word(v0 + v1);
      v1 = turnedLeft(v1, 5n) ^ v0;
      v0 = turnedLeft(v0, 16n);
      v2 = word(v2 + v3);
      v3 = turnedLeft(v3, 8n) ^ v2;
      v0 = word(v0 + v3);
      v3 = turnedLeft(v3, 7n) ^ v0;
      v2 = word(v2 + v1);
      v1 = turnedLeft(v1, 13n) ^ v2;
      v2 = turnedLeft(v2, 16n);
    }
  };

  const whole = message.length - (message.length % 4);
  const words = Array.from({ length: whole / 4 }, (_, i) => littleEndian(message.subarray(4 * i, 4 * i + 4)));
  const last = littleEndian(message.subarray(whole)) | (BigInt(message.length % 256) << 24n);
  for (const m of [...words, last]) {
    v3 ^= m;
    mix(2);
    v0 ^= m;
  }
  v2 ^= 0xffn;
  mix(4);
  return v1 ^ v3;
}

/** The 24 round keys, 8 bytes each. */
export function roundKeys(drawSeed: Uint8Array, entrants: number): Uint8Array[] {
  const count = bigEndian(BigInt(entrants), 8);
  const blocks = [0, 1, 2, 3, 4, 5].map((b) =>
    createHash('sha256')
      .update(Buffer.concat([Buffer.from('feistel-1', 'ascii'), drawSeed, count, Buffer.of(b)]))
      .digest(),
  );
  const bytes = Buffer.concat(blocks);
  return Array.from({ length: 24 }, (_, r) => bytes.subarray(8 * r, 8 * r + 8));
}

/** The smallest even number from 2 on whose square is not below the number of entrants. */
export function sideOf(entrants: number): bigint {
  let low = 1n;
  let high = 1n << 16n;
  while (low < high) {
    const half = (low + high) / 2n;
    if (4n * half * half >= BigInt(entrants)) high = half;
    else low = half + 1n;
  }
  return 2n * low;
}

/** The turn that `index` has among so many entrants; whoever came after them keeps the index. */
export function turnOf(drawSeed: Uint8Array, entrants: number, index: number): number {
  if (index >= entrants) return index;
  const a = sideOf(entrants);
  const keys = roundKeys(drawSeed, entrants);
  let x = BigInt(index);
  do {
    const [left, right] = keys.reduce(
      ([l, r], key): [bigint, bigint] => {
        const f = (halfSipHash(key, bigEndian(r, 4).reverse()) * a) >> 32n;
        return [r, (l + f) % a];
      },
      [x / a, x % a] as [bigint, bigint],
    );
    x = left * a + right;
  } while (x >= BigInt(entrants));
  return Number(x);
}

function bigEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex');
}
