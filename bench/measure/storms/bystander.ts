import { join as pathOf } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeTokens } from '../buyers.ts';
import { warmUpSeconds } from '../contest/contest.ts';
import { shuffled } from '../contest/shuffled.ts';
import { checkBytes } from '../load/answer-bytes.ts';
import { generatorOf } from '../load/generator.ts';
import { decoded, msAt } from '../load/histogram.ts';
import type { Load, LoadResult } from '../load/load.ts';
import { remarkPressure } from '../load/pressure.ts';
import { Part } from '../part.ts';
import { tell } from '../progress.ts';
import { auditSold } from '../purchases/audit-sold.ts';
import { pressureOf } from '../purchases/buyers/crowd.ts';
import type { Purchases, PurchasesResult } from '../purchases/buyers/purchases.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import { askedTooLate, soldOutSale } from '../sold-out/sold-out.ts';
import type { Options, Subject } from '../subject.ts';

/** Buyers a second in the quiet sale: far from what a door can take. */
const quietPerSecond = 40;
const quietUnderWay = 64;

/** More than any door decides in a second. */
const stormersPerSecond = 60_000;

/** The storm blows before the first bystander comes, and after the last one. */
const leadMs = 500;

type Storm = (seconds: number) => Promise<LoadResult>;

/**
 * What honest buyers of a quiet sale feel of a storm on another one at the same gateway: alone, while units are
 * fought for, and while everybody asks for what is sold out.
 */
export async function bystander(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const buyers = await Part.start('bench/measure/purchases/buyers/main.ts', subject);
  const tokensFile = pathOf(subject.directory, 'stormers.txt');
  await writeTokens(tokensFile, subject.authSecret, (options.seconds + 2) * stormersPerSecond);
  const storms: Record<string, Storm> = {
    'reserve storm': reserveStorm(subject, options, tokensFile),
    'sold-out storm': await soldOutStorm(subject, options, tokensFile),
  };
  const found = new Map<string, PurchasesResult[]>(
    ['alone', ...Object.keys(storms)].map((name) => [name, []]),
  );

  const stormed = new Map<string, LoadResult[]>(Object.keys(storms).map((name) => [name, []]));

  async function quiet(seconds: number): Promise<PurchasesResult> {
    const sale = await BenchSale.create(subject);
    await sale.known(subject.origin);
    const count = Math.ceil(seconds) * (options.rate ?? quietPerSecond);
    const result = await buyers.ask<PurchasesResult>({
      kind: 'purchases',
      origin: subject.origin,
      authSecret: subject.authSecret,
      saleId: sale.id,
      sku: sale.sku,
      buyers: count,
      prefix: sale.id,
      joins: false,
      underWay: quietUnderWay,
      perSecond: options.rate ?? quietPerSecond,
    } satisfies Purchases);
    await auditSold(sale, count);
    return result;
  }

  async function under(storm: Storm, seconds: number): Promise<[PurchasesResult, LoadResult]> {
    const blowing = storm(seconds + (2 * leadMs) / 1000);
    await sleep(leadMs);
    return Promise.all([quiet(seconds), blowing]);
  }

  try {
    const warmUp = warmUpSeconds(options);
    await quiet(warmUp);
    for (const storm of Object.values(storms)) await under(storm, warmUp);
    for (let round = 0; round < options.rounds; round++) {
      for (const name of shuffled([...found.keys()], round)) {
        const storm = storms[name];
        const [result, blown] = storm
          ? await under(storm, options.seconds)
          : [await quiet(options.seconds), null];
        found.get(name)?.push(result);
        if (blown) stormed.get(name)?.push(blown);
        tell(`bystander: ${name}, p95 of reserve ${msAt(decoded(result.reserve), 95).toFixed(1)} ms`);
      }
    }
  } finally {
    await buyers.stop();
  }
  const alone = found.get('alone') ?? [];
  for (const name of Object.keys(storms)) {
    for (const what of ['reserve', 'pay'] as const) {
      for (const percentile of [95, 99]) {
        const of = (result: PurchasesResult) => msAt(decoded(result[what]), percentile);
        board.compare(
          { scenario: 'bystander', subject: name, opponent: 'alone', unit: `ms, p${percentile} of ${what}` },
          (found.get(name) ?? []).map(of),
          alone.map(of),
        );
      }
    }
  }
  for (const [name, results] of found) {
    for (const { reserve } of results) board.addLatencies('bystander', name, decoded(reserve));
  }
  const quietly = [...found].map(([name, results]) => [name, results.map(pressureOf)] as const);
  remarkPressure(board, 'bystander', 'the process of buyers', new Map(quietly));
  remarkPressure(board, 'bystander', options.generator, stormed);
}

/** A storm for units that there are: each stormer gets one. */
function reserveStorm(subject: Subject, options: Options, tokensFile: string): Storm {
  return async (seconds) => {
    const sale = await BenchSale.create(subject);
    await sale.known(subject.origin);
    const { path, body } = sale;
    const result = await blow(subject, options, seconds, {
      method: 'POST',
      path,
      body,
      tokensFile,
      again: false,
      header: null,
      expects: 'success',
    });
    await sale.command('close');
    const { requests, underWayMax } = result;
    await auditDrained(sale, { min: requests, max: requests + underWayMax });
    return result;
  };
}

/** A storm after the end: everybody is refused. */
async function soldOutStorm(subject: Subject, options: Options, tokensFile: string): Promise<Storm> {
  const sale = await soldOutSale(subject);
  return async (seconds) => {
    const { load, answerBytes } = await askedTooLate(subject, sale, tokensFile, subject.origin);
    const result = await blow(subject, options, seconds, load);
    checkBytes(result.bytesPerAnswer, answerBytes);
    await auditDrained(sale, { min: 0, max: 0 });
    return result;
  };
}

function blow(
  { origin, directory }: Subject,
  { generator, connections }: Options,
  seconds: number,
  load: Omit<Load, 'origin' | 'connections' | 'seconds'>,
): Promise<LoadResult> {
  return generatorOf(generator, directory)({ ...load, origin, connections, seconds: Math.ceil(seconds) });
}
