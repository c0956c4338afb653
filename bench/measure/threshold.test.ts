import { expect, test } from 'vitest';
import { Scoreboard } from './scoreboard.ts';
import { judge, readThreshold, type Threshold, thresholdLines } from './threshold.ts';

const board = new Scoreboard();
board.note('reserve', 'p99', 'ms', [4, 5, 9]);
board.compare(
  { scenario: 'reserve', subject: 'doorbuster', opponent: 'pg-row-lock', unit: 'decisions/s' },
  [100, 90],
  [4, 3],
);

const judged = (text: string) => judge(readThreshold(text) as Threshold, board);

test('a figure is judged by its median, on both sides of the bound', () => {
  expect(judged('reserve.p99<5')).toEqual({ kind: 'broken', value: 5 });
  expect(judged('reserve.p99<=5')).toEqual({ kind: 'kept', value: 5 });
  expect(judged('reserve.p99 > 4.5')).toEqual({ kind: 'kept', value: 5 });
  expect(judged('reserve.p99>=5.1')).toEqual({ kind: 'broken', value: 5 });
});

test('an opponent stands for the ratio to it', () => {
  expect(judged('reserve.pg-row-lock>=25')).toEqual({ kind: 'kept', value: 27.5 });
});

test('what was not measured is unknown, never kept', () => {
  expect(judged('reserve.p98<5')).toEqual({ kind: 'unknown', known: ['p99', 'pg-row-lock'] });
  expect(judged('steady.p99<5')).toEqual({ kind: 'unknown', known: [] });
});

test('what the scoreboard prints can be judged, also where several things have one name', () => {
  const names = { scenario: 'idle', subject: 'doorbuster', opponent: 'evalsha-each' };
  board.compare({ ...names, unit: 'decisions/s' }, [3], [1]);
  board.compare({ ...names, unit: 'µs of Redis CPU a decision' }, [1], [2]);
  expect(judged('idle.evalsha-each>2')).toEqual({ kind: 'kept', value: 3 });
  expect(judged('idle.doorbuster / evalsha-each, µs of Redis CPU a decision<0.6').kind).toBe('kept');
  expect(judged('idle.evalsha<1')).toEqual({
    kind: 'unknown',
    known: ['evalsha-each', 'evalsha-each, µs of Redis CPU a decision'],
  });
});

test('who misspelt a name is told those that there are', () => {
  const broken = { threshold: 'reserve.p98<5', value: null, isKept: false, known: ['p99', 'pg-row-lock'] };
  expect(thresholdLines([broken])).toEqual([
    'BROKEN reserve.p98<5 (not measured; there are p99; pg-row-lock)',
  ]);
});

test.each([
  '',
  'reserve',
  'reserve<5',
  'reserve.p99',
  'reserve.p99=5',
  'reserve.p99<',
  'reserve.<5',
  '.p99<5',
])('"%s" is no condition', (text) => {
  expect(readThreshold(text)).toBeNull();
});
