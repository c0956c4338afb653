import { expect, test } from 'vitest';
import { grown, memoryOf } from './memory.ts';

const minute = 60_000;
/** One look a minute over half an hour, at processes of which each lives for `lifeMinutes`. */
const looks = (
  role: 'worker' | 'redis',
  lifeMinutes: number,
  mibAt: (atMinute: number, age: number) => number,
) =>
  Array.from({ length: 30 }, (_, at) => {
    const age = at % lifeMinutes;
    return { role, pid: at - age, atMs: at * minute, ageMs: (age + 0.5) * minute, mib: mibAt(at, age) };
  });
const seen = (memory: ReturnType<typeof memoryOf>) => memory.filter(({ samples }) => samples > 0);

test('what lives on may not take more in the last five minutes than in the five after the first five', () => {
  const memory = memoryOf(
    [...looks('worker', 60, (at) => (at < 5 ? 300 : 100)), ...looks('redis', 60, (at) => 10 + at / 30)],
    30 * minute,
  );
  expect(seen(memory)).toEqual([
    { role: 'worker', earlyMiB: 100, lateMiB: 100, samples: 10 },
    { role: 'redis', earlyMiB: 10.2, lateMiB: 10.9, samples: 10 },
  ]);
  expect(grown(memory)).toContain('redis grew from 10.2 to 10.9 MiB');
  expect(grown(memory)).not.toContainEqual(expect.stringContaining('worker'));
});

test('successors are compared with predecessors of their age', () => {
  // Of the same heap, which has its size after two minutes; the later window happens to see the older ones.
  const heap = (age: number) => (age < 2 ? 50 : 60);
  const lives = looks('worker', 5, (_, age) => heap(age)).filter(({ atMs, ageMs }) =>
    atMs < 15 * minute ? ageMs < 3 * minute : ageMs > minute,
  );
  expect(seen(memoryOf(lives, 30 * minute))).toEqual([
    { role: 'worker', earlyMiB: 60, lateMiB: 60, samples: 4 },
  ]);
  // Each takes more than the one before it.
  const growing = memoryOf(
    looks('worker', 5, (at, age) => heap(age) + at),
    30 * minute,
  );
  expect(grown(growing)).toContainEqual(expect.stringContaining('worker grew from 6'));
});

test('a role that was not seen at the same age in both parts is told as a violation', () => {
  const memory = memoryOf(looks('worker', 5, () => 1).slice(0, 20), 30 * minute);
  expect(grown(memory)).toContain('worker was not seen at the same age early on and at the end');
  expect(grown(memory)).toContain('postgres was not seen at the same age early on and at the end');
});
