import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { entrantsMax, permutation, sideOf } from './permute.ts';

const seedOf = (text: string) => createHash('sha256').update(text).digest();

test('every turn from 0 to N − 1 is given once, for each N up to 4,096', () => {
  const drawSeed = seedOf('bijection');
  for (let n = 1; n <= 4096; n++) {
    const { turnOf } = permutation(drawSeed, n);
    const given = new Uint8Array(n);
    for (let index = 0; index < n; index++) {
      const turn = turnOf(index);
      if (turn >= n || given[turn]) expect.fail(`N = ${n}: index ${index} has turn ${turn}`);
      given[turn] = 1;
    }
  }
  // 8.4 million turns: 5 s on an idle core, a minute on one that is shared by twelve.
}, 240_000);

test('index and turn lead to each other, for each N up to 300', () => {
  for (let n = 0; n <= 300; n++) {
    const { turnOf, indexOf } = permutation(seedOf(`inverse ${n}`), n);
    for (let i = 0; i < n; i++) {
      if (indexOf(turnOf(i)) !== i || turnOf(indexOf(i)) !== i) expect.fail(`N = ${n}: ${i}`);
    }
  }
});

// Squares of even and odd numbers, their neighbours, powers of two, and numbers of no kind.
const large = [4097, 10_000, 46_340 ** 2, 46_341 ** 2 + 1, 999_999, 1_000_000, 1_000_001, 10_000_000]
  .concat([
    2 ** 20,
    2 ** 24 + 1,
    2 ** 30,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 31 + 1,
    3_999_999_999,
    2 ** 32 - 1,
    2 ** 32,
  ])
  .sort((a, b) => a - b);

test.each(large)('index and turn lead to each other among %i, at 2,000 places', (n) => {
  const { turnOf, indexOf } = permutation(seedOf(`large ${n}`), n);
  for (let i = 0; i < 2000; i++) {
    const index = i < 1000 ? Math.floor((i * n) / 1000) : n - 1 - (i - 1000);
    const turn = turnOf(index);
    if (!(turn >= 0 && turn < n && indexOf(turn) === index)) expect.fail(`index ${index} has turn ${turn}`);
  }
});

test('whoever came after the freeze keeps the index as turn', () => {
  const { turnOf, indexOf } = permutation(seedOf('late'), 100);
  expect([100, 101, 5000, 2 ** 32].map(turnOf)).toEqual([100, 101, 5000, 2 ** 32]);
  expect(indexOf(100)).toBe(100);
  expect(permutation(seedOf('late'), 0).turnOf(0)).toBe(0);
});

test('another seed and another number of entrants give orders that have nothing in common', () => {
  const n = 1000;
  const orderOf = (drawSeed: Buffer, count: number) => {
    const { turnOf } = permutation(drawSeed, count);
    return Array.from({ length: n }, (_, index) => turnOf(index));
  };
  const seed = seedOf('order');
  const order = orderOf(seed, n);
  expect(orderOf(seed, n)).toEqual(order);
  const others = [orderOf(seed, n + 1), orderOf(seed, n + 2)];
  for (let bit = 0; bit < 256; bit += 5) {
    const flipped = Buffer.from(seed);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    others.push(orderOf(flipped, n));
  }
  // Two unrelated orders agree at one index on average; more than 12 come once in 10^10.
  for (const other of others) {
    expect(other.filter((turn, index) => turn === order[index]).length).toBeLessThanOrEqual(12);
  }
});

test('the half of the network is the smallest even number whose square is enough', () => {
  for (const n of [...Array(5000).keys(), ...large]) {
    const side = sideOf(n);
    if (side % 2 !== 0 || side * side < n || (side > 2 && (side - 2) ** 2 >= n)) expect.fail(`${n}: ${side}`);
  }
});

test('what is no seed, no number of entrants, no index or no turn is refused', () => {
  const seed = seedOf('refusals');
  expect(() => permutation(seed.subarray(1), 10)).toThrow(RangeError);
  for (const n of [-1, 1.5, Number.NaN, entrantsMax + 1])
    expect(() => permutation(seed, n)).toThrow(RangeError);
  const { turnOf, indexOf } = permutation(seed, 10);
  for (const i of [-1, 0.5, Number.NaN]) {
    expect(() => turnOf(i)).toThrow(RangeError);
    expect(() => indexOf(i)).toThrow(RangeError);
  }
});
