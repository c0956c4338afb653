import { expect, test } from 'vitest';
import { gather } from './gathering.ts';

test('what arrives while a group is under way is the next group, in order', async () => {
  const groups: number[][] = [];
  const gates: (() => void)[] = [];
  const send = gather<number, number>(
    async (items) => {
      groups.push([...items]);
      await new Promise<void>((open) => gates.push(open));
      return items.map((item) => item * 2);
    },
    { sizeMax: 100 },
  );
  const first = send(1);
  await new Promise(setImmediate);
  const others = [send(2), send(3), send(4)];
  gates.shift()?.();
  expect(await first).toBe(2);
  await new Promise(setImmediate);
  gates.shift()?.();
  expect(await Promise.all(others)).toEqual([4, 6, 8]);
  expect(groups).toEqual([[1], [2, 3, 4]]);
});

test('a group is never larger than its limit, and never holds two items of one name', async () => {
  const groups: string[][] = [];
  const send = gather<string, string>(
    async (items) => {
      groups.push([...items]);
      return items;
    },
    { sizeMax: 3, namesOf: (item) => [item[0] as string] },
  );
  await Promise.all(['a1', 'a2', 'a3', 'b1', 'c1', 'd1', 'e1'].map(send));
  expect(groups).toEqual([['a1', 'b1', 'c1'], ['a2', 'd1', 'e1'], ['a3']]);
});

test('an error in a place rejects that item alone; a throw rejects its group and not the next one', async () => {
  const send = gather<number, number>(
    async (items) => {
      if (items.includes(13)) throw new Error('group');
      return items.map((item) => (item === 7 ? new Error('seven') : item));
    },
    { sizeMax: 3 },
  );
  const settled = await Promise.allSettled([6, 7, 8, 13, 14, 15, 16].map(send));
  expect(settled.map((result) => result.status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
  ]);
});
