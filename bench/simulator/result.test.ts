import { expect, test } from 'vitest';
import { commandOf, inRanges, report, Tally } from './result.ts';

test('places are written as they are read', () => {
  expect(inRanges([3, 17, 21, 22, 23])).toBe('3,17,21..23');
  expect(commandOf(7, [1])).toBe('npm run simulate -- --seeds 7 --only 1 --story');
});

test('what the lanes answered is added up, and a broken promise says how to see it again', () => {
  const tally = new Tally();
  tally.add({ seed: 1, steps: 100, switches: 10, violation: null });
  const violation = { rule: 'undersold is 0', message: 'undersold is 0: 1' };
  tally.add({ seed: 2, steps: 50, switches: 5, violation });
  tally.shortened({ seed: 2, only: [4, 5], sentences: ['worker-0 dies'], violation });
  const result = tally.result({ from: 1, to: 2 }, 3_000);
  expect(result).toMatchObject({ seeds: 2, steps: 150, stepsPerSeed: 75, interleavingsPerSeed: 7.5 });
  expect(result.violations).toMatchObject([{ seed: 2, rule: 'undersold is 0' }]);
  const text = report(result);
  expect(text).toContain('npm run simulate -- --seeds 2 --only 4..5 --story');
  expect(text).toContain('worker-0 dies');
  expect(text).toContain('1 violations');
});
