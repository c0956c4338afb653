import { expect, test } from 'vitest';
import { openFilesMax, openFilesWarning } from './open-files.ts';

test('a low limit is said with what it allows; a high one is not', () => {
  expect(openFilesWarning(1_024)).toContain('at most 1024 open files are allowed');
  expect(openFilesWarning(20_000)).toBe(null);
  expect(openFilesWarning(null)).toBe(null);
});

test('the limit of this process is read', () => {
  expect(openFilesMax() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(0);
});
