import { afterEach, expect, test, vi } from 'vitest';
import { gather } from './gathering.ts';

afterEach(() => {
  vi.useRealTimers();
});

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

test('whoever waits for longer than patience, or comes to a full queue, is refused and in no group', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const groups: number[][] = [];
  const gates: (() => void)[] = [];
  const send = gather<number, number>(
    async (items) => {
      groups.push([...items]);
      await new Promise<void>((open) => gates.push(open));
      return items;
    },
    { sizeMax: 2, patience: { waitingMax: 3, waitMsMax: 1_000 } },
  );
  const first = send(1);
  await new Promise(setImmediate);
  const outcomeOf = (sent: Promise<number>) => sent.catch((error: Error) => error.name);
  const late = outcomeOf(send(2));
  vi.advanceTimersByTime(600);
  const inTime = [send(3), send(4)];
  const tooMany = outcomeOf(send(5));
  vi.advanceTimersByTime(400);
  // Whoever comes now takes the room of who waited for too long.
  const last = send(6);
  for (const answer of [[first], inTime, [last]]) {
    gates.shift()?.();
    await Promise.all(answer);
    await new Promise(setImmediate);
  }
  expect(groups).toEqual([[1], [3, 4], [6]]);
  expect(await Promise.all([late, tooMany])).toEqual(['Overloaded', 'Overloaded']);
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

/** Groups by their beginning in ms: some are sent at once, more meanwhile, then four, one every 5 ms; a commit takes 10. */
async function groupsOf(first: number, meanwhile = 0): Promise<[atMs: number, size: number][]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  const beganMs = performance.now();
  const groups: [number, number][] = [];
  const send = gather<number, number>(
    async (items) => {
      groups.push([performance.now() - beganMs, items.length]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      return items;
    },
    { sizeMax: 100 },
  );
  const sent = Array.from({ length: first }, (_, at) => send(at));
  await vi.advanceTimersByTimeAsync(5);
  sent.push(...Array.from({ length: meanwhile }, (_, at) => send(at)));
  await vi.advanceTimersByTimeAsync(5);
  for (let at = 0; at < 4; at += 1) {
    sent.push(send(at));
    await vi.advanceTimersByTimeAsync(5);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  await Promise.all(sent);
  return groups;
}

test('after a large group the next one gathers for a moment', async () => {
  expect(await groupsOf(8)).toEqual([
    [0, 8],
    [40, 4],
  ]);
});

test('after a small group the next one does not wait, nor where enough are waiting', async () => {
  expect(await groupsOf(7)).toEqual([
    [0, 7],
    [10, 1],
    [20, 1],
    [30, 2],
  ]);
  expect(await groupsOf(8, 64)).toEqual([
    [0, 8],
    [10, 64],
    [50, 4],
  ]);
});
