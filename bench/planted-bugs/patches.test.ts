import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plantedBugs } from './patches.ts';

const root = join(import.meta.dirname, '../..');
const bugs = plantedBugs();

test.each(bugs)('$name still applies, and its guards are there', ({ patch, guards }) => {
  expect(() => execFileSync('git', ['apply', '--check', patch], { cwd: root, stdio: 'pipe' })).not.toThrow();
  expect(guards.filter((guard) => !existsSync(join(root, guard)))).toEqual([]);
});

test('the README tells of each of them', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const told = [...readme.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
  expect(told).toEqual(bugs.map(({ name }) => name));
});
