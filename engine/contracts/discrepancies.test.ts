import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { discrepancyKinds } from './discrepancies.ts';

const page = readFileSync(new URL('../../docs/discrepancies.md', import.meta.url), 'utf8');

test('docs/discrepancies.md explains every kind, and what is done about it', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (?:`(\w+)`|none) \| (.+) \| (.+) \|$/gm)];
  expect(Object.fromEntries(rows.map(([, kind, repair]) => [kind, { repair: repair ?? null }]))).toEqual(
    discrepancyKinds,
  );
});

test('and every repair', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|$/gm)];
  const repairs = Object.values(discrepancyKinds).map(({ repair }) => repair);
  expect(new Set(rows.map(([, repair]) => repair))).toEqual(
    new Set(repairs.filter((repair) => repair !== null)),
  );
});
