import { expect, test } from 'vitest';
import { callsBetween } from './redis-commands.ts';

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
  expect(callsBetween(before, after)).toBe(18);
});
