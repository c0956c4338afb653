import { expect, test } from 'vitest';
import { BrokenInvariant } from '../failure.ts';
import { histogramOf } from '../load/histogram.ts';
import { Scoreboard } from '../scoreboard.ts';
import type { Options } from '../subject.ts';
import type { Contender, Measured } from './contender.ts';
import { inTurns, runContest } from './contest.ts';
import { shuffled } from './shuffled.ts';

const options = { rounds: 3, seconds: 1, generator: 'wrk' } as Options;

function contender(name: string, measured: Partial<Measured>, fields: Partial<Contender> = {}): Contender {
  return {
    name,
    usesRedis: true,
    round: async () => ({ perSecond: 100, ...measured }),
    audit: async () => {},
    ...fields,
  };
}

test('everybody warms up, then each round has another order', async () => {
  const order: string[] = [];
  const tracing = (name: string) =>
    contender(name, {}, { round: async () => ({ perSecond: order.push(name) }) });
  const contest = { scenario: 's', thing: 't', contenders: ['a', 'b', 'c'].map(tracing) };
  const found = await inTurns(contest, options);
  const rounds = [0, 1, 2].map((round) => shuffled(['a', 'b', 'c'], round).join(''));
  expect(order.join('')).toBe(`abc${rounds.join('')}`);
  expect(found.get('a')).toHaveLength(3);
});

test('the first one is compared with each of the others, by what is known of both', async () => {
  const board = new Scoreboard();
  const ours = contender('ours', { gatewayCpuUs: 20, redisCpuUs: 5, histogram: histogramOf([1_000, 10]) });
  const theirs = contender(
    'theirs',
    { perSecond: 25, gatewayCpuUs: 60, redisCpuUs: 9 },
    { usesRedis: false },
  );
  await runContest(board, { scenario: 's', thing: 'decision', contenders: [ours, theirs] }, options);
  expect(board.rows.map(({ opponent, unit, ratio }) => [opponent, unit, ratio.median])).toEqual([
    ['theirs', 'decisions/s by wrk', 4],
    ['theirs', 'µs of gateway CPU a decision', 1 / 3],
  ]);
  expect(board.figures.find(({ name }) => name === 'p99')?.median).toBeCloseTo(1, 2);
  expect(board.latencies).toMatchObject([{ scenario: 's', subject: 'ours' }]);
});

test('a rate says by what it was asked for', async () => {
  const board = new Scoreboard();
  const contenders = [
    contender('ours', {}),
    contender('theirs', {}),
    contender('bare', {}, { client: 'client' }),
  ];
  await runContest(board, { scenario: 's', thing: 't', contenders }, options);
  expect(board.rows.map(({ opponent, unit }) => [opponent, unit])).toEqual([
    ['theirs', 'ts/s by wrk'],
    ['bare', 'ts/s by wrk, theirs by a client'],
  ]);
});

test('a generator that was busy is told of', async () => {
  const board = new Scoreboard();
  const idle = contender('idle', { generatorShare: 0.5 });
  const busy = contender('busy', { generatorShare: 0.97 });
  await runContest(board, { scenario: 's', thing: 't', contenders: [idle, busy] }, options);
  expect(board.remarks).toHaveLength(1);
  expect(board.remarks[0]).toContain('97 % against busy');
});

test('without a clean audit there is no figure', async () => {
  const board = new Scoreboard();
  const audit = () => Promise.reject(new BrokenInvariant('a unit is missing'));
  const contenders = [contender('ours', {}), contender('theirs', {}, { audit })];
  await expect(runContest(board, { scenario: 's', thing: 't', contenders }, options)).rejects.toThrow(
    'missing',
  );
  expect(board.rows).toEqual([]);
  expect(board.figures).toEqual([]);
});
