import { expect, test } from 'vitest';
import type { Result } from '../results/result.ts';
import { Scoreboard } from '../scoreboard.ts';
import { compareRuns } from './compare.ts';
import { comparisonText } from './comparison-text.ts';

const machine = {
  cores: 2,
  cpu: 'one',
  memoryGiB: 8,
  system: 'linux',
  node: 'v20',
  loadBefore: [],
  loadAfter: [],
};
const options = {
  rounds: 3,
  seconds: 1,
  connections: 8,
  generator: 'wrk',
  rate: null,
} as unknown as Result['options'];

function run(ours: number[], theirs: number[], p99: number[], commit = 'aaaa'): Result {
  const board = new Scoreboard();
  const names = { scenario: 'reserve', subject: 'doorbuster', opponent: 'pg-row-lock', unit: 'decisions/s' };
  board.compare(names, ours, theirs);
  if (p99.length > 0) board.note('reserve', 'p99', 'ms', p99);
  return {
    startedAt: '2026-11-23T00:00:00.000Z',
    commit,
    options,
    machine,
    scoreboard: board.rows,
    figures: board.figures,
    rounds: board.rounds,
    latencies: [],
    remarks: [],
    thresholds: [],
  };
}

test('two runs agree where their spreads have a value in common', () => {
  const { compared, missing, remarks } = compareRuns(
    run([100, 110, 120], [10, 11, 12], [4, 5, 6]),
    run([118, 125, 130], [11, 12, 13], [5, 5, 5]),
  );
  expect(compared.map(({ name, agrees }) => [name, agrees])).toEqual([
    ['reserve: doorbuster / pg-row-lock, decisions/s', true],
    ['reserve: p99, ms', true],
    ['reserve: doorbuster / pg-row-lock, ratio of decisions/s', true],
  ]);
  expect(missing).toEqual([]);
  expect(remarks).toEqual([]);
});

test('a gap between the spreads is a difference, in either order of the runs', () => {
  const [slow, fast] = [run([100, 110, 120], [10, 10, 10], []), run([121, 125, 130], [10, 10, 10], [])];
  expect(compareRuns(slow, fast).compared[0]).toMatchObject({ agrees: false, ratio: 125 / 110 });
  expect(compareRuns(fast, slow).compared[0]).toMatchObject({ agrees: false, ratio: 110 / 125 });
});

test('what only one run measured is named, and so is what may explain a difference', () => {
  const first = run([1], [1], [1], 'aaaa');
  const second = { ...run([1], [1], [], 'bbbb'), machine: { ...machine, cores: 8 } };
  const { missing, remarks } = compareRuns(first, second);
  expect(missing).toEqual(['reserve: p99, ms']);
  expect(remarks).toEqual(['commits differ: aaaa and bbbb', 'machines differ in cores: 2 and 8']);
});

test('the verdict counts, and a difference is told with its size', () => {
  const comparison = compareRuns(run([100], [10], []), run([150], [10], []));
  const text = comparisonText(comparison);
  expect(text).toContain('differs  reserve: doorbuster / pg-row-lock, decisions/s');
  expect(text).toContain('+50.0 %');
  expect(text).toContain('0 of 2 agree within their spread');
});
