import { expect, test } from 'vitest';
import { callsBetween, callsIn } from './redis-commands.ts';

test('INFO of scripts is counted, that of the bench is not', () => {
  const before = callsIn(new Map([['cmdstat_evalsha', 'calls=3,usec=9']]), 0);
  const after = new Map([
    ['cmdstat_evalsha', 'calls=8,usec=20'],
    ['cmdstat_info', 'calls=8,usec=90'],
  ]);
  // Five scripts that each called it, and three looks of ours.
  expect(callsBetween(before, callsIn(after, 3))).toBe(10);
});

test('calls are counted by difference, new commands included, our own left out', () => {
  const before = new Map([
    ['evalsha', 10],
    ['info', 5],
  ]);
  const after = new Map([
    ['evalsha', 25],
    ['info', 50],
    ['hget', 3],
    ['auth', 9],
  ]);
  expect(callsBetween(before, after)).toBe(63);
});
