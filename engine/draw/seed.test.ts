import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { drawSeed, newSeed, seedCommitment } from './seed.ts';

const seed = Buffer.alloc(32, 7);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('no two seeds are alike, and each has 32 bytes', () => {
  const seeds = Array.from({ length: 100 }, newSeed);
  expect(new Set(seeds.map((bytes) => bytes.toString('hex'))).size).toBe(100);
  expect(seeds.every((bytes) => bytes.length === 32)).toBe(true);
});

test('the commitment is of the raw bytes', () => {
  expect(seedCommitment(seed)).toBe(sha256(seed));
});

test('without a beacon the seed decides, in a copy of its own', () => {
  const drawn = drawSeed(seed, null);
  expect(drawn).toEqual(seed);
  drawn.fill(0);
  expect(seed[0]).toBe(7);
});

test("a beacon's value counts as it is spelled, not as the number that it may be", () => {
  const value = 'c0ffee';
  expect(drawSeed(seed, value).toString('hex')).toBe(sha256(Buffer.concat([seed, Buffer.from(value)])));
  const spellings = [value, 'C0FFEE', '0xc0ffee', 'c0ffe', 'c0ffee0'];
  expect(new Set(spellings.map((text) => drawSeed(seed, text).toString('hex'))).size).toBe(spellings.length);
});

test.each([
  ['', 'nothing: its draw seed would be the commitment'],
  ['c0 ffee', 'a blank'],
  ['c0ffee\n', 'a line end'],
  ['ｃ0ffee', 'a letter that only looks like one'],
  ['x'.repeat(1025), 'too much'],
])("a beacon's value is not %j: %s", (value) => {
  expect(() => drawSeed(seed, value)).toThrow(RangeError);
});

test('a seed of another length is refused', () => {
  expect(() => seedCommitment(seed.subarray(1))).toThrow(RangeError);
  expect(() => drawSeed(Buffer.alloc(33), null)).toThrow(RangeError);
});
