import { expect, test } from 'vitest';
import { shorten } from './shorten.ts';

const numbers = Array.from({ length: 90 }, (_, i) => i);
const failsWith =
  (...wanted: number[]) =>
  async (part: readonly number[]) =>
    wanted.every((number) => part.includes(number));

test('what is left is what it takes to fail, in its order', async () => {
  expect(await shorten(numbers, failsWith(7), 1_000)).toEqual([7]);
  expect(await shorten(numbers, failsWith(3, 41, 42, 88), 1_000)).toEqual([3, 41, 42, 88]);
  expect(await shorten(numbers, failsWith(), 1_000)).toEqual([]);
});

test('a list of which everything is needed stays whole', async () => {
  expect(await shorten(numbers.slice(0, 9), failsWith(...numbers.slice(0, 9)), 1_000)).toHaveLength(9);
});

test('it is cut off after so many attempts, with the shortest that failed', async () => {
  let runs = 0;
  const left = await shorten(
    numbers,
    async (part) => {
      runs++;
      return failsWith(3, 88)(part);
    },
    5,
  );
  expect(runs).toBe(5);
  expect(left.length).toBeLessThan(numbers.length);
  expect(left).toContain(3);
  expect(left).toContain(88);
});
