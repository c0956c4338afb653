import { expect, test } from 'vitest';
import { chanceOf, holm } from './students-t.ts';

test.each([
  // Of two lots of so many rounds, t that one of twenty pairs exceeds: from the tables, for 2, 4 and 8 degrees of freedom.
  [2, 4.303],
  [3, 2.776],
  [5, 2.306],
])('of twice %i rounds one of twenty is %d errors away', (rounds, t) => {
  const values = Array.from({ length: rounds }, (_, round) => round - (rounds - 1) / 2);
  const variance = values.reduce((sum, value) => sum + value ** 2, 0) / (rounds - 1);
  const away = t * Math.sqrt((variance * 2) / rounds);
  const chance = chanceOf(
    values,
    values.map((value) => value + away),
  );
  expect(chance).toBeCloseTo(0.05, 4);
});

test('an odd number of degrees of freedom, too', () => {
  // t = 3.182 with 3: lots of 2 and 3 rounds.
  const variance = (0.5 + 2) / 3;
  const away = 3.182 * Math.sqrt(variance * (1 / 2 + 1 / 3));
  expect(chanceOf([-0.5, 0.5], [away - 1, away, away + 1])).toBeCloseTo(0.05, 4);
});

test('rounds are compared by factors, and the same rounds are no difference', () => {
  expect(chanceOf([1, 2, 4], [1, 2, 4])).toBe(1);
  expect(chanceOf([1, 2, 4], [10, 20, 40])).toBeCloseTo(chanceOf([10, 20, 40], [1, 2, 4]) as number, 12);
  expect(chanceOf([100, 110, 120], [10, 11, 12])).toBeLessThan(1e-4);
});

test('one round has no spread, and a constant that changed is a difference', () => {
  expect(chanceOf([1], [2, 3])).toBeNull();
  expect(chanceOf([6, 6, 6], [7, 7, 7])).toBe(0);
  expect(chanceOf([0, 0], [0, 0])).toBe(1);
});

test('the more is compared, the rarer a difference has to be', () => {
  expect(holm([0.04], 0.05)).toEqual([true]);
  expect(holm([0.04, 0.9], 0.05)).toEqual([false, false]);
  expect(holm([0.9, 0.001, 0.02], 0.05)).toEqual([false, true, true]);
});
