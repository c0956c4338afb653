import { expect, test } from 'vitest';
import { backoffMs } from './catalogue.ts';

test.each([
  [1, 160, 240],
  [2, 320, 480],
  [5, 2_560, 3_840],
  [6, 4_000, 6_000],
  [50, 4_000, 6_000],
])('after attempt %i a job waits from %i to %i ms, and not in step with others', (attempt, least, most) => {
  const pauses = Array.from({ length: 1_000 }, () => backoffMs(attempt));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
  // Of what is drawn evenly, a tenth at either end is missed by a thousand once in 10^45.
  const tenth = (most - least) / 10;
  expect(Math.min(...pauses)).toBeLessThan(least + tenth);
  expect(Math.max(...pauses)).toBeGreaterThan(most - tenth);
});
