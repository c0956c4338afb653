import { expect, test } from 'vitest';
import { runDelaySecondsIn, watchRunDelay } from './run-delay.ts';

test('the second number is what a thread waited', () => {
  expect(runDelaySecondsIn('21000000000 1500000000 42\n')).toBe(1.5);
});

test('of a process that there is not, nothing is known', async () => {
  const seconds = watchRunDelay(2 ** 30);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(seconds()).toBeNaN();
});
