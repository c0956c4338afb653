import { expect, test } from 'vitest';
import { sharedCheck } from './shared-check.ts';

test('who asks while a check is under way, or a moment after, gets what it finds', async () => {
  let nowMs = 7;
  let checks = 0;
  let finish = (_: string) => {};
  const check = sharedCheck(
    () => {
      checks += 1;
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    },
    () => nowMs,
  );
  const first = [check(), check()];
  // However long it takes.
  nowMs = 10_000;
  first.push(check());
  finish('Redis is away');
  expect(await Promise.all(first)).toEqual(new Array(3).fill('Redis is away'));
  nowMs += 499;
  expect(await check()).toBe('Redis is away');
  expect(checks).toBe(1);

  nowMs += 1;
  const later = check();
  finish('ready');
  expect(await later).toBe('ready');
  expect(checks).toBe(2);
});
