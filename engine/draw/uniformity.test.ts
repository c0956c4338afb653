import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { permutation } from './permute.ts';

/**
 * Is every place equally likely? Over the same 1,000 seeds on every machine, so that a result is a fact
 * and not an event. Each statistic has to lie where 999,999 of a million fair draws would have it: above is
 * uneven, below is too even to be drawn.
 */
const seeds = 1000;
const drawSeeds = Array.from({ length: seeds }, (_, i) => createHash('sha256').update(`seed ${i}`).digest());
const drawn = (n: number) =>
  drawSeeds.map((drawSeed) => {
    const { turnOf } = permutation(drawSeed, n);
    return Array.from({ length: n }, (_, index) => turnOf(index));
  });

/** Wilson and Hilferty's approximation to the chi-squared distribution, 4.9 deviations to either side. */
function bounds(freedom: number): { low: number; high: number } {
  const spread = 2 / (9 * freedom);
  const at = (deviations: number) => freedom * Math.max(0, 1 - spread + deviations * Math.sqrt(spread)) ** 3;
  return { low: at(-4.9), high: at(4.9) };
}

/** Σ (observed − expected)² / expected over the cells. */
function chiSquared(cells: Iterable<number>, expected: number): number {
  let sum = 0;
  for (const observed of cells) sum += (observed - expected) ** 2 / expected;
  return sum;
}

/**
 * How often each index got each turn. The counts of a row and of a column add up to the number of orders,
 * so (n − 1)² of them are free, and Pearson's sum is n / (n − 1) times too large.
 */
function positions(orders: readonly number[][], n: number) {
  const cells = new Uint32Array(n * n);
  for (const order of orders) {
    for (const [index, turn] of order.entries()) cells[index * n + turn] = (cells[index * n + turn] ?? 0) + 1;
  }
  return { statistic: (chiSquared(cells, orders.length / n) * (n - 1)) / n, ...bounds((n - 1) ** 2) };
}

/** How often each of the n! orders came up. */
function wholeOrders(orders: readonly number[][], n: number) {
  const kinds = Array.from({ length: n }, (_, i) => i + 1).reduce((product, i) => product * i);
  const counts = new Map<string, number>();
  for (const order of orders) counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1);
  const missing = Array.from({ length: kinds - counts.size }, () => 0);
  return {
    statistic: chiSquared([...counts.values(), ...missing], orders.length / kinds),
    ...bounds(kinds - 1),
  };
}

const figures: string[] = [];
afterAll(() => console.info(`chi-squared over ${seeds} seeds\n${figures.join('\n')}`));

function expectFair(what: string, { statistic, low, high }: ReturnType<typeof positions>): void {
  const [value, from, to] = [statistic, low, high].map((x) => x.toFixed(1));
  figures.push(`  ${what.padEnd(52)} ${value} (fair: ${from} to ${to})`);
  expect(statistic).toBeGreaterThan(low);
  expect(statistic).toBeLessThan(high);
}

test.each([2, 3, 5, 10, 16, 17, 100, 200])('every index gets every turn equally often among %i', (n) => {
  expectFair(`index × turn, ${n} entrants`, positions(drawn(n), n));
});

test.each([3, 4, 5])('every order of %i comes up equally often', (n) => {
  expectFair(`whole orders of ${n} entrants`, wholeOrders(drawn(n), n));
});

test.each([1_000_000, 2 ** 31])('first, middle and last index land anywhere among %i', (n) => {
  const cells = new Uint32Array(3 * 50);
  for (const drawSeed of drawSeeds) {
    const { turnOf } = permutation(drawSeed, n);
    for (const [row, index] of [0, n / 2, n - 1].entries()) {
      const cell = row * 50 + Math.floor((turnOf(index) * 50) / n);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
  }
  expectFair(`3 indices × 50 ranges of turns, ${n} entrants`, {
    statistic: chiSquared(cells, seeds / 50),
    ...bounds(3 * 49),
  });
});

test('neighbours in the queue are in either order equally often', () => {
  const before = drawn(100).reduce(
    (sum, order) => sum + order.filter((turn, index) => turn < (order[index + 1] ?? -1)).length,
    0,
  );
  // Ascents of a random order of n: mean (n − 1) / 2, variance (n + 1) / 12.
  const deviations = (before - (seeds * 99) / 2) / Math.sqrt((seeds * 101) / 12);
  figures.push(
    `  ascents among 100 entrants: ${deviations.toFixed(2)} deviations from the mean (fair: ±4.9)`,
  );
  expect(Math.abs(deviations)).toBeLessThan(4.9);
});

/** Whether the order comes of an even number of exchanges: n less the number of its cycles. */
function isEven(order: readonly number[]): boolean {
  const seen = new Set<number>();
  let cycles = 0;
  for (const start of order) {
    if (!seen.has(start)) cycles += 1;
    for (let at = start; !seen.has(at); at = order[at] ?? at) seen.add(at);
  }
  return (order.length - cycles) % 2 === 0;
}

test.each([2, 8, 80, 100])('even and odd orders of %i come up equally often', (n) => {
  const even = drawn(n).filter(isEven).length;
  const deviations = (even - seeds / 2) / Math.sqrt(seeds / 4);
  figures.push(`  even orders of ${n}: ${deviations.toFixed(2)} deviations from the mean (fair: ±4.9)`);
  expect(Math.abs(deviations)).toBeLessThan(4.9);
});

test('unfair orders are told from fair ones', () => {
  // Everybody moves on by the same number: each turn is as likely as any other, their order is not.
  const rotated = drawSeeds.map((seed) => {
    const by = seed.readUInt32LE(0);
    return Array.from({ length: 5 }, (_, index) => (index + by) % 5);
  });
  expect(wholeOrders(rotated, 5).statistic).toBeGreaterThan(wholeOrders(rotated, 5).high);

  // Index 0 is put first in one draw of five.
  const bribed = drawn(10).map((order, i) => (i % 5 === 0 ? withFirst(order) : order));
  expect(positions(bribed, 10).statistic).toBeGreaterThan(positions(bribed, 10).high);

  const counted = drawSeeds.map((_, i) => Array.from({ length: 10 }, (_, index) => (index + i) % 10));
  expect(positions(counted, 10).statistic).toBeLessThan(positions(counted, 10).low);
});

/** The same order, but for index 0 and whoever had turn 0, who have changed places. */
const withFirst = (order: readonly number[]): number[] =>
  order.map((turn, index) => (index === 0 ? 0 : turn === 0 ? (order[0] ?? 0) : turn));
