import { expect, test } from 'vitest';
import { grown, memoryOf } from './memory.ts';

const minute = 60_000;
/** One look a minute over half an hour. */
const looks = (role: 'worker' | 'redis', mibAt: (atMinute: number) => number) =>
  Array.from({ length: 30 }, (_, at) => ({ role, atMs: at * minute, mib: mibAt(at) }));

test('what a role takes in the last five minutes is compared with the five after the first five', () => {
  const memory = memoryOf(
    [...looks('worker', (at) => (at < 5 ? 300 : 100)), ...looks('redis', (at) => 10 + at / 30)],
    30 * minute,
  );
  expect(memory.filter(({ samples }) => samples > 0)).toEqual([
    { role: 'worker', earlyMiB: 100, lateMiB: 100, samples: 10 },
    { role: 'redis', earlyMiB: 10.2, lateMiB: 10.9, samples: 10 },
  ]);
  expect(grown(memory)).toContain('redis grew from 10.2 to 10.9 MiB');
  expect(grown(memory)).not.toContainEqual(expect.stringContaining('worker'));
});

test('a role that was not seen in both parts is told as a violation', () => {
  const memory = memoryOf(looks('worker', () => 1).slice(0, 20), 30 * minute);
  expect(grown(memory)).toContain('worker was not seen early on and at the end');
  expect(grown(memory)).toContain('postgres was not seen early on and at the end');
});
