import { readFile } from 'node:fs/promises';
import { join as pathOf } from 'node:path';
import { writeTokens } from '../buyers.ts';
import { demand } from '../failure.ts';
import { decoded } from '../load/histogram.ts';
import { postText } from '../load/http-wire.ts';
import type { OpenLoopResult } from '../load/open-loop/schedule.ts';
import { remarkPressure } from '../load/pressure.ts';
import { Part } from '../part.ts';
import { tell } from '../progress.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { askAgain } from './ask-again.ts';
import { complaintAbout } from './judge.ts';

/** So many come for one unit. */
const buyersPerUnit = 20;

/** Each with a connection of its own while there are so many, as a crowd of browsers has. */
const connectionsMax = 2_000;

/** The longest `Retry-After` of a door that is overloaded. */
const retryAfterMs = 2_000;

/** Of a herd that is not counted: as many as open all connections. */
const warmUpBuyers = connectionsMax;

interface Herd extends OpenLoopResult {
  /** Until the last of those who were told 503 was decided. */
  decidedSeconds: number;
}

/**
 * Everybody in the same second: one unit for twenty, each of them held exactly once, and everybody decided, those
 * included who are told 503 and come again.
 */
export async function herd(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const { buyers } = options;
  const tokensFile = pathOf(subject.directory, 'herd-tokens.txt');
  await writeTokens(tokensFile, subject.authSecret, buyers);
  const tokens = (await readFile(tokensFile, 'utf8')).trim().split('\n');
  const run = (count: number) => rush(subject, tokensFile, tokens.slice(0, count));
  await run(Math.min(warmUpBuyers, buyers));
  const results: Herd[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const result = await run(buyers);
    results.push(result);
    tell(
      `herd: round ${round + 1} of ${options.rounds}, everybody decided, p99 ${result.p99Ms.toFixed(0)} ms`,
    );
  }
  const values = (of: (result: Herd) => number) => results.map(of);
  const note = (name: string, unit: string, of: (result: Herd) => number) =>
    board.note('herd', name, unit, values(of));
  const early = ({ overloaded }: Herd) => overloaded.length;
  const name = `${buyers} buyers for ${unitsFor(buyers)} units`;
  note(`${name}, all answered after`, 's', ({ perSecond }) => buyers / perSecond);
  note(`${name}, all decided after`, 's', ({ decidedSeconds }) => decidedSeconds);
  note('p50', 'ms', ({ p50Ms }) => p50Ms);
  note('p99', 'ms', ({ p99Ms }) => p99Ms);
  note('p99.9', 'ms', ({ p999Ms }) => p999Ms);
  note('refused early as overloaded', '%', (result) => (early(result) * 100) / buyers);
  note('CPU of the generator, of one core', '%', ({ generatorShare }) => generatorShare * 100);
  note('sent late by the generator, p99', 'ms', ({ lateP99Ms }) => lateP99Ms);
  for (const { histogram } of results) board.addLatencies('herd', 'doorbuster', decoded(histogram));
  if (results.some((result) => early(result) > 0)) {
    board.remark('herd: percentiles are of first answers, and some of those were 503');
  }
  remarkPressure(board, 'herd', 'the open loop', new Map([['doorbuster', results]]));
}

const unitsFor = (buyers: number): number => Math.max(1, Math.floor(buyers / buyersPerUnit));

/** One herd at a sale of its own. Throws unless it was served. */
async function rush(subject: Subject, tokensFile: string, tokens: readonly string[]): Promise<Herd> {
  const buyers = tokens.length;
  const units = unitsFor(buyers);
  const connections = Math.min(connectionsMax, buyers);
  const sale = await BenchSale.create(subject, {}, units);
  await sale.known(subject.origin);
  const { origin } = subject;
  const loop = await Part.start('bench/measure/load/open-loop/main.ts', subject);
  const asked = { origin, path: sale.path, body: sale.body, tokensFile };
  const result = await loop.ask<OpenLoopResult>({ ...asked, perSecond: buyers, seconds: 1, connections });
  await loop.stop();
  const askedAgainMs = performance.now();
  const again = await askAgain({
    origin,
    text: postText(sale.path, sale.body),
    tokens: result.overloaded.map((number) => tokens[number] as string),
    retryAfterMs,
    connections,
  });
  const againSeconds = result.overloaded.length === 0 ? 0 : (performance.now() - askedAgainMs) / 1000;
  const complaint = complaintAbout({ units, buyers, first: result.statuses, again });
  demand(complaint === null, complaint ?? '');
  await auditDrained(sale, { min: units, max: units });
  await sale.command('close');
  return { ...result, decidedSeconds: buyers / result.perSecond + againSeconds };
}
