import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Every module that a door is started without, and what is loaded in its place. */
const pairs = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => {
    const files = readdirSync(`${import.meta.dirname}/${name}`);
    if (!files.includes('start.ts')) return [];
    const start = new URL(`./${name}/start.ts`, import.meta.url);
    const named = readFileSync(start, 'utf8').matchAll(
      /original: new URL\('(.+?)', import\.meta\.url\),\s*replacement: new URL\('(.+?)', import/g,
    );
    return Array.from(named, ([, original = '', replacement = '']) => ({
      door: name,
      original: new URL(original, start).href,
      replacement: new URL(replacement, start).href,
    }));
  });

test('there are doors of which a part is another', () => {
  expect(new Set(pairs.map(({ door }) => door)).size).toBeGreaterThanOrEqual(5);
});

// Whoever imports what is not there ends the door as it starts.
test.each(pairs)('$door has all that the program imports', async ({ original, replacement }) => {
  const [there, instead] = await Promise.all([import(original), import(replacement)]);
  expect(Object.keys(instead)).toEqual(expect.arrayContaining(Object.keys(there)));
});
