import { expect, test } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

/** How many of so many that come at once get a token. */
const taken = (buckets: TokenBuckets, key: string, nowMs: number, count = 1_000): number =>
  Array.from({ length: count }, () => buckets.take(key, nowMs)).filter(Boolean).length;

test('each key has a bucket of its own, however many come', () => {
  const buckets = new TokenBuckets(3, 1_000);
  for (let round = 1; round <= 4; round += 1) {
    const wrong: string[] = [];
    for (let caller = 0; caller < 20_000; caller += 1) {
      const isTaken = buckets.take(`caller-${caller}`, 5_000);
      if (isTaken !== round <= 3 || buckets.left !== Math.max(0, 3 - round)) wrong.push(`caller-${caller}`);
    }
    expect(wrong).toEqual([]);
  }
});

test('keys of one letter, of a shared beginning, and of a shared end are told apart', () => {
  const buckets = new TokenBuckets(1, 1_000);
  const keys = ['', 'a', 'b', 'ab', 'ba', 'aab', 'aba', 'x'.repeat(128), `${'x'.repeat(127)}y`];
  for (const key of keys) expect(buckets.take(key, 0)).toBe(true);
  for (const key of keys) expect(buckets.take(key, 0)).toBe(false);
});

test('what was taken comes back one by one, at the rate', () => {
  const buckets = new TokenBuckets(20, 200);
  expect(taken(buckets, 'ana', 1_000)).toBe(20);
  expect(buckets).toMatchObject({ left: 0, nextMs: 200, fullMs: 4_000 });
  expect(taken(buckets, 'ana', 1_199)).toBe(0);
  expect(buckets.nextMs).toBe(1);
  expect(taken(buckets, 'ana', 1_200)).toBe(1);
  expect(taken(buckets, 'ana', 2_200)).toBe(5);
  expect(taken(buckets, 'ana', 3_700)).toBe(7);
  // Never more than a burst, however long nobody came.
  expect(taken(buckets, 'ana', 100_000)).toBe(20);
});

test('no stretch of time has more than a burst and what came back in it', () => {
  const buckets = new TokenBuckets(20, 200);
  expect(taken(buckets, 'ana', 0, 1)).toBe(1);
  expect(taken(buckets, 'ana', 3_750)).toBe(20);
  expect(taken(buckets, 'ana', 4_600)).toBe(4);
});

test('a rate whose tokens come at fractions of a millisecond is kept to', () => {
  for (const perSecond of [3, 7, 999, 1_001, 30_000]) {
    const buckets = new TokenBuckets(perSecond, 1_000 / perSecond);
    expect(taken(buckets, 'ana', 0, perSecond * 2)).toBe(perSecond);
    let more = 0;
    for (let nowMs = 1; nowMs <= 10_000; nowMs += 1) more += taken(buckets, 'ana', nowMs, 40);
    expect([perSecond, more]).toEqual([perSecond, perSecond * 10]);
  }
});

test('a bucket that is full leaves nothing behind, and its place is used again', () => {
  const buckets = new TokenBuckets(1, 1_000);
  const wrong: string[] = [];
  for (let second = 0; second < 50; second += 1) {
    for (let caller = 0; caller < 500; caller += 1) {
      const key = caller === 0 ? 'always there' : `${second}-${caller}`;
      if (!buckets.take(key, second * 1_000)) wrong.push(key);
    }
  }
  expect(wrong).toEqual([]);
});

test('buckets outlast the months after which the table counts from another moment', () => {
  const dayMs = 86_400_000;
  const short = new TokenBuckets(2, 500);
  const long = new TokenBuckets(2, 1.5 * dayMs);
  for (let day = 0; day < 120; day += 1) {
    const nowMs = day * dayMs;
    expect(taken(short, 'ana', nowMs, 5)).toBe(2);
    expect(taken(short, 'ana', nowMs + 499, 5)).toBe(0);
    expect(taken(short, 'ana', nowMs + 500, 5)).toBe(1);
    // Two at first, then two in three days.
    expect([day, taken(long, 'bea', nowMs, 5)]).toEqual([day, day === 0 ? 2 : day % 3 === 1 ? 0 : 1]);
  }
});
