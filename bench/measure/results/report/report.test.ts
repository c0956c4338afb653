import { expect, test } from 'vitest';
import { Scoreboard } from '../../scoreboard.ts';
import type { Result } from '../result.ts';
import { reportOf } from './report.ts';

const board = new Scoreboard();
board.compare(
  { scenario: '<i>reserve', subject: 'doorbuster', opponent: 'a&b', unit: 'decisions/s <b>' },
  [3, 3],
  [1, 1],
);
const result = {
  startedAt: '2026-11-23T00:00:00.000Z',
  commit: '<u>c0ffee',
  options: { rounds: 2, seconds: 1, connections: 4, generator: 'wrk', against: null },
  machine: {
    ...{ cores: 2, cpu: 'one', memoryGiB: 8, system: 'linux', node: 'v20', loadBefore: [], loadAfter: [] },
    ...{ redis: '7.0.15', postgres: '18.4', wrk: '4.1.0', dataOn: 'tmpfs' },
  },
  scoreboard: board.rows,
  figures: board.figures,
  rounds: board.rounds,
  latencies: [],
  remarks: [],
  thresholds: [],
} as unknown as Result;

test('nothing that was measured is taken for HTML', () => {
  const [head] = reportOf(result).split('<script>') as [string];
  expect(head).not.toMatch(/<i>|<u>|a&b|<b>"|decisions\/s <b>/);
  expect(head).toContain('<title>Doorbuster bench &#60;u&#62;c0ffee</title>');
});

test('it says what was measured, on what', () => {
  const report = reportOf(result);
  expect(report).toContain('Redis 7.0.15, Postgres 18.4, data on tmpfs, wrk 4.1.0');
  expect(report).toContain('on the same machine');
  expect(report).toContain('prefers-color-scheme: dark');
  const against = { origin: 'https://shop.test', operatorOrigin: 'https://shop.test:3001' };
  const elsewhere = reportOf({ ...result, options: { ...result.options, against } });
  expect(elsewhere).toContain('measured: https://shop.test');
  expect(elsewhere).not.toContain('on the same machine');
});
