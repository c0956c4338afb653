import { expect, test } from 'vitest';
import { EntityTags } from './entity-tags.ts';

test('a text has one tag and every text its own, however many were sent meanwhile', () => {
  const tags = new EntityTags();
  const first = tags.of('text 0');
  expect(first).toMatch(/^"[\w-]{27}"$/);
  const all = new Set(Array.from({ length: 250 }, (_, number) => tags.of(`text ${number}`)));
  expect(all.size).toBe(250);
  expect(tags.of('text 0')).toBe(first);
});
