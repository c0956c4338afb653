import { expect, test } from 'vitest';
import { percentile } from './percentile.ts';

test('nearest rank', () => {
  const values = [5, 4, 3, 2, 1];
  expect([0, 20, 21, 50, 99, 100].map((percent) => percentile(values, percent))).toEqual([1, 1, 2, 3, 5, 5]);
  expect(() => percentile([], 50)).toThrow('nothing');
});
