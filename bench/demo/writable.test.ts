import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { whyNoFolder, whyNotWritable } from './writable.ts';

test('what cannot be written is known before, and what does not exist yet is no obstacle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writable-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.json');
  expect(whyNotWritable(file)).toBeNull();
  writeFileSync(file, '');
  expect(whyNotWritable(file)).toBeNull();
  expect(whyNotWritable(folder)).toBe('It is a directory.');
  expect(whyNotWritable(join(folder, 'none', 'a.json'))).toContain('none cannot be written to');
  expect(whyNoFolder(join(folder, 'new', 'newer'))).toBeNull();
  expect(whyNoFolder(join(file, 'below'))).toContain('a.json is no folder');
});
