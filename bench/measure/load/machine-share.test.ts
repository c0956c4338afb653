import { expect, test } from 'vitest';
import { busyShareBetween, watchMachine } from './machine-share.ts';

test('the share is of the time that passed on all cores', () => {
  expect(busyShareBetween({ busy: 100, idle: 100 }, { busy: 400, idle: 200 })).toBe(0.75);
  expect(busyShareBetween({ busy: 1, idle: 1 }, { busy: 1, idle: 1 })).toBeNaN();
});

test('a core that works is seen', () => {
  const share = watchMachine();
  const untilMs = performance.now() + 200;
  while (performance.now() < untilMs) {}
  expect(share()).toBeGreaterThan(0);
  expect(share()).toBeLessThanOrEqual(1);
});
