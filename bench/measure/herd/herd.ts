import { join as pathOf } from 'node:path';
import { writeTokens } from '../buyers.ts';
import { demand } from '../failure.ts';
import { decoded } from '../load/histogram.ts';
import type { OpenLoopResult } from '../load/open-loop/schedule.ts';
import { Part } from '../part.ts';
import { tell } from '../progress.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';

/** So many come for one unit. */
const buyersPerUnit = 20;

/** Each with a connection of its own while there are so many, as a crowd of browsers has. */
const connectionsMax = 2_000;

/** Everybody in the same second: one unit for twenty, each of them gone exactly once, and everybody answered. */
export async function herd(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const { buyers } = options;
  const units = Math.max(1, Math.floor(buyers / buyersPerUnit));
  const tokensFile = pathOf(subject.directory, 'herd-tokens.txt');
  await writeTokens(tokensFile, subject.authSecret, buyers);
  const results: OpenLoopResult[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const sale = await BenchSale.create(subject, {}, units);
    await sale.known(subject.origin);
    const loop = await Part.start('bench/measure/load/open-loop/main.ts', subject);
    const result = await loop.ask<OpenLoopResult>({
      origin: subject.origin,
      path: sale.path,
      body: sale.body,
      tokensFile,
      perSecond: buyers,
      seconds: 1,
      connections: Math.min(connectionsMax, buyers),
    });
    await loop.stop();
    const { 201: held = 0, 202: standby = 0, 503: early = 0 } = result.statuses;
    // Who was told 503 may have been decided all the same, and gets that answer on asking again.
    demand(
      held <= units && held + early >= units && held + standby + early === buyers,
      `${units} units and ${buyers} buyers: the answers were ${JSON.stringify(result.statuses)}`,
    );
    await auditDrained(sale, { min: held, max: Math.min(units, held + early) });
    await sale.command('close');
    results.push(result);
    tell(
      `herd: round ${round + 1} of ${options.rounds}, everybody answered, p99 ${result.p99Ms.toFixed(0)} ms`,
    );
  }
  const values = (of: (result: OpenLoopResult) => number) => results.map(of);
  const note = (name: string, unit: string, of: (result: OpenLoopResult) => number) =>
    board.note('herd', name, unit, values(of));
  note(`${buyers} buyers for ${units} units, all answered after`, 's', ({ perSecond }) => buyers / perSecond);
  note('p50', 'ms', ({ p50Ms }) => p50Ms);
  note('p99', 'ms', ({ p99Ms }) => p99Ms);
  note('p99.9', 'ms', ({ p999Ms }) => p999Ms);
  note('refused early as overloaded', '%', ({ statuses }) => ((statuses[503] ?? 0) * 100) / buyers);
  note(
    'CPU of the generator, of one core',
    '%',
    ({ cpuSeconds, perSecond }) => (cpuSeconds * 100 * perSecond) / buyers,
  );
  for (const { histogram } of results) board.addLatencies('herd', 'doorbuster', decoded(histogram));
}
