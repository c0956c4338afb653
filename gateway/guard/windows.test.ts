import { expect, test } from 'vitest';
import { Windows } from './windows.ts';

/** Takes once, and says what came of it. */
function take(windows: Windows, key: string, nowMs: number, windowMs = 1_000) {
  windows.take(key, nowMs, windowMs);
  return { taken: windows.taken, untilMs: windows.untilMs };
}

test('each key has a counter of its own, however many come', () => {
  const windows = new Windows();
  for (let round = 1; round <= 3; round += 1) {
    const wrong: string[] = [];
    for (let caller = 0; caller < 20_000; caller += 1) {
      const { taken, untilMs } = take(windows, `caller-${caller}`, 5_000);
      if (taken !== round || untilMs !== 6_000) wrong.push(`caller-${caller}`);
    }
    expect(wrong).toEqual([]);
  }
});

test('keys of one letter, of a shared beginning, and of a shared end are told apart', () => {
  const windows = new Windows();
  const keys = ['', 'a', 'b', 'ab', 'ba', 'aab', 'aba', 'x'.repeat(128), `${'x'.repeat(127)}y`];
  for (const key of keys) expect(take(windows, key, 0).taken).toBe(1);
  for (const key of keys) expect(take(windows, key, 0).taken).toBe(2);
});

test('a window that is over leaves nothing behind, and its place is used again', () => {
  const windows = new Windows();
  const wrong: string[] = [];
  for (let second = 0; second < 50; second += 1) {
    for (let caller = 0; caller < 500; caller += 1) {
      const key = caller === 0 ? 'always there' : `${second}-${caller}`;
      if (take(windows, key, second * 1_000).taken !== 1) wrong.push(key);
    }
  }
  expect(wrong).toEqual([]);
});

test('windows outlast the months after which the table counts from another moment', () => {
  const windows = new Windows();
  const dayMs = 86_400_000;
  for (let day = 0; day < 120; day += 1) {
    const nowMs = day * dayMs;
    expect(take(windows, 'ana', nowMs, 1_000)).toEqual({ taken: 1, untilMs: nowMs + 1_000 });
    expect(take(windows, 'ana', nowMs + 999, 1_000)).toEqual({ taken: 2, untilMs: nowMs + 1_000 });
    expect(take(windows, `long-${Math.floor(day / 2)}`, nowMs, 2 * dayMs).taken).toBe((day % 2) + 1);
  }
});
