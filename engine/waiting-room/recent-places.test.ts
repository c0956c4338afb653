import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RecentPlaces } from './recent-places.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what was given out a moment ago is what the next epoch may not know', () => {
  const recent = new RecentPlaces();
  recent.note('sale', 1, 'ann', 7);
  recent.note('sale', 1, 'bob', 8);
  recent.note('other', 1, 'cat', 0);
  expect(recent.unknownTo('sale', 1)).toEqual([]);
  expect(recent.unknownTo('sale', 2)).toEqual([
    ['ann', 7],
    ['bob', 8],
  ]);
  // Until it has been told, whatever came in between.
  expect(recent.unknownTo('sale', 2)).toHaveLength(2);
  recent.told('sale', 2);
  expect(recent.unknownTo('sale', 2)).toEqual([]);
  expect(recent.unknownTo('sale', 3)).toHaveLength(2);
});

test('what is journaled by now is let go, while the epoch lives', () => {
  const recent = new RecentPlaces();
  recent.note('sale', 1, 'ann', 7);
  vi.advanceTimersByTime(4_000);
  recent.note('sale', 1, 'bob', 8);
  vi.advanceTimersByTime(2_000);
  expect(recent.unknownTo('sale', 1)).toEqual([]);
  // However long Redis is away then: nobody journals anything meanwhile.
  vi.advanceTimersByTime(60_000);
  expect(recent.unknownTo('sale', 2)).toEqual([['bob', 8]]);
  recent.told('sale', 2);
  expect(recent.unknownTo('sale', 2)).toEqual([]);
  vi.advanceTimersByTime(4_000);
  expect(recent.unknownTo('sale', 3)).toEqual([['bob', 8]]);
});

test('a place that was given up is not taken back', () => {
  const recent = new RecentPlaces();
  recent.note('sale', 1, 'ann', 7);
  recent.forget('sale', 'ann');
  expect(recent.unknownTo('sale', 2)).toEqual([]);
});

test('of a rush the last places are kept', () => {
  const recent = new RecentPlaces();
  for (let index = 0; index < 100_100; index++) recent.note('sale', 1, `buyer-${index}`, index);
  const kept = recent.unknownTo('sale', 2);
  expect(kept).toHaveLength(100_000);
  expect(kept[0]).toEqual(['buyer-100', 100]);
});
