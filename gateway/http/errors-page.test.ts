import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ErrorCode, errorCatalogue } from '../../engine/contracts/errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \| (.+) \|$/gm)].map(
  ([, code, status, retryable, meaning]) => ({
    code,
    status: Number(status),
    retryable: retryable === 'yes',
    meaning,
  }),
);

test('the page explains every code of the catalogue, once, and no other', () => {
  expect(rows.map(({ code }) => code).toSorted()).toEqual(Object.keys(errorCatalogue).toSorted());
});

test('the page and the catalogue agree about status and retrying', () => {
  for (const { code, status, retryable } of rows) {
    expect({ code, status, retryable }).toEqual({
      code,
      status: errorCatalogue[code as ErrorCode].status,
      retryable: errorCatalogue[code as ErrorCode].retryable,
    });
  }
});
