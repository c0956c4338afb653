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
  expect(memory).toEqual([
    { role: 'worker', earlyMiB: 100, lateMiB: 100, samples: 10 },
    { role: 'redis', earlyMiB: 10.2, lateMiB: 10.9, samples: 10 },
  ]);
  expect(grown(memory)).toEqual(['redis grew from 10.2 to 10.9 MiB']);
});

test('a role that was not seen in both parts is not judged', () => {
  expect(memoryOf(looks('worker', () => 1).slice(0, 20), 30 * minute)).toEqual([]);
});
