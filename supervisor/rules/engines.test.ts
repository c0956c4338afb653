import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Lock {
  packages: Record<string, { engines?: { node?: string }; optional?: boolean }>;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const range: string = read('package.json').engines.node;
const { packages }: Lock = read('package-lock.json');

/** They ask for 22 and run on 20: the binary for it is in the one, and the other is a part of a baseline's tests. */
const excepted = ['node_modules/uWebSockets.js', 'node_modules/cookie'];

const comparator = /(\^|>=)?\s*(\d+)(?:\.(\d+|\*|x))?(?:\.(\d+|\*|x))?/g;

/** Whether a range of npm's takes that version: as much of ranges as packages say of Node. */
function takes(range: string, version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return range.split('||').some((alternative) =>
    [...alternative.matchAll(comparator)].every(([, operator, ...named]) => {
      const parts = named.map((part) => (part === undefined || /[*x]/.test(part) ? null : Number(part)));
      const [a, b, c] = parts.map((part) => part ?? 0) as [number, number, number];
      const isAtLeast = major !== a ? major > a : minor !== b ? minor > b : patch >= c;
      if (operator === '>=') return isAtLeast;
      if (operator === '^') return isAtLeast && major === a;
      return [major, minor, patch].every((part, at) => parts[at] === null || parts[at] === part);
    }),
  );
}

/** Packages that are always installed, and do not take that version. */
const refusing = (version: string): string[] =>
  Object.entries(packages)
    .filter(([name, { optional }]) => name !== '' && !optional && !excepted.includes(name))
    .filter(([, { engines }]) => engines?.node !== undefined && !takes(engines.node, version))
    .map(([name]) => name);

test('ranges are read as npm reads them', () => {
  for (const taken of [
    '>=20',
    '>= 10.x',
    '18 || 20',
    '10.* || >= 12.*',
    '^20.19.0 || >=22.12.0',
    '14 || ^20',
  ]) {
    expect([taken, takes(taken, '20.19.0')]).toEqual([taken, true]);
  }
  for (const not of ['>=22', '18 || 19', '10.*', '^20.19.1', '^22.12.0', '14 >=14.17', '20.18']) {
    expect([not, takes(not, '20.19.0')]).toEqual([not, false]);
  }
});

test('every Node that package.json names is one that every package takes, and none is left out', () => {
  const least = range.split('||').map((alternative) => /\d+\.\d+\.\d+/.exec(alternative)?.[0] ?? '');
  expect(least.length).toBeGreaterThan(0);
  for (const version of least) expect([version, refusing(version)]).toEqual([version, []]);
  for (let major = 18; major <= 26; major += 1) {
    for (let minor = 0; minor <= 30; minor += 1) {
      const version = `${major}.${minor}.0`;
      expect([version, takes(range, version)]).toEqual([version, refusing(version).length === 0]);
    }
  }
  expect(packages['']?.engines?.node).toBe(range);
});
