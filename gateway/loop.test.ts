import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { every } from './loop.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.each([
  [25, [40, 80, 120, 160, 200]],
  [50, [40, 120, 200]],
])('passes of %i ms begin at their places of a grid, one at a time', async (passMs, expected) => {
  const startMs = performance.now();
  const begun: number[] = [];
  const stop = every(
    40,
    async () => {
      begun.push(performance.now() - startMs);
      await pause(passMs);
    },
    console.error,
  );
  await vi.advanceTimersByTimeAsync(220);
  stop();
  await vi.advanceTimersByTimeAsync(500);
  expect(begun).toEqual(expected);
});

test('a pass that failed is told of, and followed by the next', async () => {
  const errors: unknown[] = [];
  const stop = every(
    5,
    () => Promise.reject(new Error('no luck')),
    (error) => errors.push(error),
  );
  await vi.advanceTimersByTimeAsync(15);
  stop();
  expect(errors).toHaveLength(3);
});
