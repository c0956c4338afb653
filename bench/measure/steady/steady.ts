import { join } from 'node:path';
import { writeTokens } from '../buyers.ts';
import { warmUpSeconds } from '../contest/contest.ts';
import { type Door, withDoors } from '../doors.ts';
import { demand } from '../failure.ts';
import { decoded } from '../load/histogram.ts';
import type { OpenLoopResult } from '../load/open-loop/schedule.ts';
import { remarkPressure } from '../load/pressure.ts';
import { Part } from '../part.ts';
import { withRelayHeldBack } from '../relay.ts';
import { ReserveRounds } from '../reserve/rounds.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import { median } from '../statistics.ts';
import type { Options, Subject } from '../subject.ts';
import { idleMedians } from './idle.ts';

/** Latency on an idle system and at half of the maximum rate, with requests that come when they come. */
export async function steady(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const rounds = await ReserveRounds.prepare(subject, options);
  await withDoors(subject, ['doorbuster', 'evalsha-each'], async (doors) => {
    const [door] = doors as [Door, Door];
    const maximum = await maximumRate(rounds, door, options);
    if (maximum !== null) board.note('steady', 'maximum, closed loop', 'requests/s', [maximum]);
    await rounds.audit();
    await idle(subject, doors, options, board);

    const perSecond = options.rate ?? Math.floor((maximum as number) / 2);
    await openRound(subject, door, { ...options, perSecond, seconds: warmUpSeconds(options) });
    const results: OpenLoopResult[] = [];
    for (let round = 0; round < options.rounds; round++) {
      results.push(await openRound(subject, door, { ...options, perSecond }));
    }
    const note = (name: string, unit: string, of: (result: OpenLoopResult) => number) =>
      board.note('steady', name, unit, results.map(of));
    note(`rate kept (of ${perSecond})`, 'requests/s', (result) => result.perSecond);
    note('p50', 'ms', ({ p50Ms }) => p50Ms);
    note('p99', 'ms', ({ p99Ms }) => p99Ms);
    note('p99.9', 'ms', ({ p999Ms }) => p999Ms);
    note('max', 'ms', ({ maxMs }) => maxMs);
    note('CPU of the generator, of one core', '%', ({ generatorShare }) => generatorShare * 100);
    note('sent late by the generator, p99', 'ms', ({ lateP99Ms }) => lateP99Ms);
    for (const { histogram } of results) board.addLatencies('steady', 'doorbuster', decoded(histogram));
    remarkPressure(board, 'steady', 'the open loop', new Map([['doorbuster', results]]));
  });
}

async function maximumRate(rounds: ReserveRounds, door: Door, options: Options): Promise<number | null> {
  if (options.rate !== null) return null;
  const seconds = warmUpSeconds(options);
  await rounds.run(door, { ...options, seconds });
  const found: number[] = [];
  for (let round = 0; round < 3; round++) {
    found.push((await rounds.run(door, { ...options, seconds })).perSecond);
  }
  return median(found);
}

async function idle(
  subject: Subject,
  doors: readonly Door[],
  { rounds }: Options,
  board: Scoreboard,
): Promise<void> {
  const found: Awaited<ReturnType<typeof idleMedians>>[] = [];
  await withRelayHeldBack(subject, async () => {
    for (let round = 0; round < rounds; round++) found.push(await idleMedians(subject, doors));
  });
  const of = (name: string) => found.map(({ reserveMs }) => reserveMs.get(name) as number);
  board.compare(
    { scenario: 'idle', subject: 'doorbuster', opponent: 'evalsha-each', unit: 'ms, p50 of reserve' },
    of('doorbuster'),
    of('evalsha-each'),
  );
  const redis = found.map(({ redisMs }) => redisMs);
  board.compare(
    { scenario: 'idle', subject: 'reserve', opponent: 'redis round trip', unit: 'ms, p50' },
    of('doorbuster'),
    redis,
  );
  const added = found.map(
    ({ reserveMs }) => (reserveMs.get('doorbuster') ?? 0) - (reserveMs.get('evalsha-each') ?? 0),
  );
  board.note('idle', 'what batching adds at p50', 'ms', added);
  board.note('idle', 'a Redis round trip at p50', 'ms', redis);
}

async function openRound(
  subject: Subject,
  door: Door,
  { perSecond, seconds, connections }: { perSecond: number; seconds: number; connections: number },
): Promise<OpenLoopResult> {
  const sale = await BenchSale.create(subject);
  const { path, body } = sale;
  await sale.probe(door.origin, 'probe');
  const tokensFile = join(subject.directory, 'open-loop-tokens.txt');
  const count = Math.floor(perSecond * seconds);
  await writeTokens(tokensFile, subject.authSecret, count);
  const loop = await Part.start('bench/measure/load/open-loop/main.ts', subject);
  // More connections than a closed loop needs: nobody waits for another one's.
  const result = await loop.ask<OpenLoopResult>({
    origin: door.origin,
    path,
    body,
    tokensFile,
    perSecond,
    seconds,
    connections: connections * 4,
  });
  await loop.stop();
  demand(
    result.statuses[201] === count,
    `the answers to ${count} requests were ${JSON.stringify(result.statuses)}`,
  );
  await sale.command('close');
  await auditDrained(sale, { min: count + 1, max: count + 1 });
  return result;
}
