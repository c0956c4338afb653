import { expect, test } from 'vitest';
import { endOfPage, pageOf } from './page.ts';

const isName = (text: string) => /^[a-z]{1,3}$/.test(text);
const page = (found: string[], limit: number) =>
  pageOf(
    found,
    limit,
    (name) => name.toUpperCase(),
    (name) => name,
  );

test('a page says where the next one begins, where there is one', () => {
  const { data, nextCursor } = page(['a', 'b', 'c'], 2);
  expect(data).toEqual(['A', 'B']);
  expect(endOfPage(nextCursor, isName)).toEqual({ kind: 'end', name: 'b' });
  expect(page(['a', 'b'], 2)).toEqual({ data: ['A', 'B'], nextCursor: null });
  expect(endOfPage(null, isName)).toEqual({ kind: 'end', name: null });
  expect(page([], 2)).toEqual({ data: [], nextCursor: null });
});

test('what no page has said is no cursor', () => {
  // The last one is another spelling of `b`.
  for (const cursor of ['', 'b', 'garbage', '\0', Buffer.from('1').toString('base64url'), 'Yh']) {
    expect(endOfPage(cursor, isName)).toMatchObject({ code: 'invalid_request', field: 'cursor' });
  }
});
