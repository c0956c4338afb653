import { expect, test } from 'vitest';
import { Scoreboard } from './scoreboard.ts';

test('a row holds both medians and the ratio of the pairs', () => {
  const board = new Scoreboard();
  const names = { scenario: 'reserve', subject: 'doorbuster', opponent: 'door-only', unit: 'requests/s' };
  board.compare(names, [90, 45, 100], [100, 50, 100]);
  expect(board.rows).toEqual([
    { ...names, subjectMedian: 90, opponentMedian: 100, ratio: { median: 0.9, min: 0.9, max: 1 } },
  ]);
  expect(board.text()).toBe(
    'reserve: doorbuster / door-only   90 / 100 requests/s   0.900  (0.900 to 1.000)',
  );
});

test('figures are aligned, and a single one has no spread', () => {
  const board = new Scoreboard();
  board.note('steady', 'p50', 'ms', [1.23456]);
  board.note('steady', 'commands a second', '', [12_345.6, 12_000]);
  expect(board.text()).toBe(
    ['steady: p50                 1.23 ms', 'steady: commands a second   12,173    (12,000 to 12,346)'].join(
      '\n',
    ),
  );
});

test('without a round there is no figure', () => {
  expect(() => new Scoreboard().note('steady', 'p50', 'ms', [])).toThrow('no rounds');
});
