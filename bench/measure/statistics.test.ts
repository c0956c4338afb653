import { expect, test } from 'vitest';
import { median, ratioOf, spreadOf } from './statistics.ts';

test('the median of an odd and of an even number of rounds, in whatever order they came', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(() => median([])).toThrow('no rounds');
});

test('one slow round moves the spread and not the median', () => {
  expect(spreadOf([100, 101, 20, 99, 102])).toEqual({ median: 100, min: 20, max: 102 });
});

test('rounds are compared in pairs, so that a machine that slows down harms no side', () => {
  expect(ratioOf([100, 50, 10], [50, 25, 5])).toEqual({ median: 2, min: 2, max: 2 });
  expect(ratioOf([10, 30, 20], [10, 10, 10])).toEqual({ median: 2, min: 1, max: 3 });
  expect(() => ratioOf([1], [1, 2])).toThrow('both sides');
});
