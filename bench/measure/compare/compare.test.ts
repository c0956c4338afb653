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

const ours = 'reserve: doorbuster, decisions/s';
const theirs = 'reserve: pg-row-lock, decisions/s';
const ratio = 'reserve: doorbuster / pg-row-lock, ratio of decisions/s';

test('runs that are alike agree, side by side: what each side did, their ratio, and figures', () => {
  const { compared, missing, remarks } = compareRuns(
    run([100, 110, 120], [10, 11, 12], [4, 5, 6]),
    run([118, 125, 130], [11, 12, 13], [5, 5, 5]),
  );
  expect(compared.map(({ name, verdict }) => [name, verdict])).toEqual([
    [ours, 'agrees'],
    [theirs, 'agrees'],
    [ratio, 'agrees'],
    ['reserve: p99, ms', 'agrees'],
  ]);
  expect(missing).toEqual([]);
  expect(remarks).toEqual([]);
});

test('three rounds apart by chance are no difference, and far apart they are, in either order of the runs', () => {
  const slow = run([100, 110, 120], [10, 11, 12], []);
  // A gap between two lots of three is what one of ten pairs of runs has that are alike.
  expect(compareRuns(slow, run([121, 125, 130], [10, 11, 12], [])).compared[0]?.verdict).toBe('agrees');
  const fast = run([210, 220, 230], [10, 11, 12], []);
  expect(compareRuns(slow, fast).compared[0]).toMatchObject({ verdict: 'differs', ratio: 2 });
  expect(compareRuns(fast, slow).compared[0]).toMatchObject({ verdict: 'differs', ratio: 0.5 });
});

test('an opponent that became slower is seen, too', () => {
  const { compared } = compareRuns(
    run([100, 101, 102], [50, 51, 52], []),
    run([100, 101, 102], [25, 26, 27], []),
  );
  expect(compared.map(({ name, verdict }) => [name, verdict])).toEqual([
    [ours, 'agrees'],
    [theirs, 'differs'],
    [ratio, 'differs'],
  ]);
});

test('of one round nothing is said, and it is not counted', () => {
  const comparison = compareRuns(run([100], [10], []), run([150], [10], []));
  expect(comparison.compared.map(({ verdict }) => verdict)).toEqual(['one round', 'one round', 'one round']);
  const text = comparisonText(comparison);
  expect(text).toContain('0 of 0 agree');
  expect(text).toContain('3 more have one round: no spread to compare by');
});

test('figures of one name are all compared', () => {
  const board = new Scoreboard();
  board.note('monitor', 'decisions', '', [1, 2]);
  board.note('monitor', 'decisions', '', [3, 4]);
  const twice = { ...run([1], [1], []), rounds: board.rounds };
  expect(compareRuns(twice, twice).compared.map(({ name }) => name)).toEqual([
    'monitor: decisions',
    'monitor: decisions (2)',
  ]);
});

test('what only one run measured is named, and so is what may explain a difference', () => {
  const first = run([1], [1], [1], 'aaaa');
  const second = { ...run([1], [1], [], 'bbbb'), machine: { ...machine, cores: 8 } };
  const { missing, remarks } = compareRuns(first, second);
  expect(missing).toEqual(['reserve: p99, ms']);
  expect(remarks).toEqual(['commits differ: aaaa and bbbb', 'machines differ in cores: 2 and 8']);
});

test('the verdict counts, and a difference is told with its size', () => {
  const text = comparisonText(
    compareRuns(run([100, 101, 102], [10, 10, 10], []), run([150, 151.5, 153], [10, 10, 10], [])),
  );
  expect(text).toContain(`differs  ${ours}`);
  expect(text).toContain('+50.0 %');
  expect(text).toContain('1 of 3 agree within their spread');
});
