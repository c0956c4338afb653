import { expect, test } from 'vitest';
import { decoded, encoded, histogramOf, msAt } from './histogram.ts';

test('counts become a histogram, and survive the way to another process', () => {
  const histogram = histogramOf([1_000, 90, 20_000, 9, 300_000, 1]);
  const arrived = decoded(encoded(histogram));
  expect(arrived.totalCount).toBe(100);
  expect(msAt(arrived, 50)).toBeCloseTo(1, 2);
  expect(msAt(arrived, 99)).toBeCloseTo(20, 1);
  expect(msAt(arrived, 100)).toBeCloseTo(300, 0);
});

test('what took no measurable time counts as a microsecond', () => {
  expect(histogramOf([0, 3]).getValueAtPercentile(50)).toBe(1);
});
