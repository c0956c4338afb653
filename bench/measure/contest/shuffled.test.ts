import { expect, test } from 'vitest';
import { shuffled } from './shuffled.ts';

const rounds = Array.from({ length: 5 }, (_, round) => round);

test.each([2, 3, 5, 10])('of %i, each round has them all, and nobody always follows the same', (count) => {
  const items = Array.from({ length: count }, (_, item) => item);
  const orders = rounds.map((round) => shuffled(items, round));
  for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual(items);
  for (const item of items) {
    const predecessors = orders.map((order) => order[order.indexOf(item) - 1]);
    expect(new Set(predecessors).size).toBeGreaterThan(1);
  }
});

test('a round has the same order in every run', () => {
  expect(shuffled([1, 2, 3, 4, 5], 3)).toEqual(shuffled([1, 2, 3, 4, 5], 3));
});
