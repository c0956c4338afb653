import { join as pathOf } from 'node:path';
import { writeTokens } from '../buyers.ts';
import { warmUpSeconds } from '../contest/contest.ts';
import { demand } from '../failure.ts';
import { decoded, msAt } from '../load/histogram.ts';
import type { OpenLoop, OpenLoopResult } from '../load/open-loop/schedule.ts';
import { remarkPressure } from '../load/pressure.ts';
import { Part } from '../part.ts';
import { tell } from '../progress.ts';
import { auditSold } from '../purchases/audit-sold.ts';
import { pressureOf } from '../purchases/buyers/crowd.ts';
import type { Purchases, PurchasesResult } from '../purchases/buyers/purchases.ts';
import { filledRoom } from '../room-door/entrants.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';

/** Of all requests in a second, by what they are: most look, some ask, few decide, the fewest pay. */
const shares = { browse: 0.4, poll: 0.35, join: 0.1, reserve: 0.1, pay: 0.05 };
const usualPerSecond = 4_000;
const connections = 64;
const entrants = 5_000;

const looks = ['browse', 'poll', 'join', 'reserve'] as const;
type Look = (typeof looks)[number];

/** A sale as it really is: lookers, waiters, buyers and payers at once, each at a fixed rate. */
export async function mixed(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const perSecond = options.rate ?? usualPerSecond;
  const { origin, authSecret } = subject;
  const tokensFile = pathOf(subject.directory, 'mixed-tokens.txt');
  await writeTokens(tokensFile, authSecret, Math.floor(perSecond * options.seconds));
  const room = await filledRoom(subject, origin, entrants);
  const parts = new Map<string, Part>();
  for (const name of looks)
    parts.set(name, await Part.start('bench/measure/load/open-loop/main.ts', subject));
  parts.set('pay', await Part.start('bench/measure/purchases/buyers/main.ts', subject));

  const rounds: Record<Look, OpenLoopResult>[] = [];
  const paid: PurchasesResult[] = [];

  async function run(seconds: number) {
    const countOf = (what: keyof typeof shares) => Math.floor(perSecond * shares[what] * seconds);
    const sale = await BenchSale.create(subject);
    const quiet = await BenchSale.create(subject);
    const waiting = await BenchSale.create(subject, {
      method: 'fifo',
      opensAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    for (const one of [sale, quiet, waiting]) await one.known(origin);
    const loop = (what: Look, fields: Partial<OpenLoop> & { path: string }, tokens = tokensFile) =>
      (parts.get(what) as Part).ask<OpenLoopResult>({
        origin,
        body: '{}',
        connections,
        tokensFile: tokens,
        perSecond: perSecond * shares[what],
        seconds,
        ...fields,
      });
    const [browse, poll, join, reserve, pay] = await Promise.all([
      loop('browse', { method: 'GET', path: `/api/v1/sales/${sale.id}`, body: '' }),
      loop(
        'poll',
        { method: 'GET', path: `/api/v1/sales/${room.sale.id}/tickets/me`, body: '', again: true },
        room.tokensFile,
      ),
      loop('join', { path: `/api/v1/sales/${waiting.id}/tickets` }),
      loop('reserve', { path: sale.path, body: sale.body }),
      (parts.get('pay') as Part).ask<PurchasesResult>({
        kind: 'purchases',
        origin,
        authSecret,
        saleId: quiet.id,
        sku: quiet.sku,
        buyers: countOf('pay'),
        prefix: quiet.id,
        joins: false,
        underWay: connections * 2,
        perSecond: perSecond * shares.pay,
      } satisfies Purchases),
    ]);
    const expected: [Look, OpenLoopResult, number][] = [
      ['browse', browse, 200],
      ['poll', poll, 200],
      ['join', join, 201],
      ['reserve', reserve, 201],
    ];
    for (const [what, { statuses }, status] of expected) {
      demand(
        Object.keys(statuses).join() === String(status),
        `mixed: ${what} was answered ${JSON.stringify(statuses)}`,
      );
    }
    await auditDrained(sale, { min: countOf('reserve'), max: countOf('reserve') });
    await auditSold(quiet, countOf('pay'));
    for (const one of [sale, quiet, waiting]) await one.command('close');
    return { browse, poll, join, reserve, pay };
  }

  try {
    await run(warmUpSeconds(options));
    for (let round = 0; round < options.rounds; round++) {
      const { pay, ...looked } = await run(options.seconds);
      rounds.push(looked);
      paid.push(pay);
      tell(
        `mixed: round ${round + 1} of ${options.rounds}, p99 of reserve ${looked.reserve.p99Ms.toFixed(1)} ms`,
      );
    }
  } finally {
    await Promise.all([...parts.values()].map((part) => part.stop()));
  }
  board.note('mixed', 'requests a second', '', [perSecond]);
  for (const what of looks) {
    board.note(
      'mixed',
      `${what} p50`,
      'ms',
      rounds.map((round) => round[what].p50Ms),
    );
    board.note(
      'mixed',
      `${what} p99`,
      'ms',
      rounds.map((round) => round[what].p99Ms),
    );
    for (const round of rounds) board.addLatencies('mixed', what, decoded(round[what].histogram));
  }
  board.note(
    'mixed',
    'pay p95',
    'ms',
    paid.map(({ pay }) => msAt(decoded(pay), 95)),
  );
  for (const { pay } of paid) board.addLatencies('mixed', 'pay', decoded(pay));
  remarkPressure(
    board,
    'mixed',
    'the open loop',
    new Map(looks.map((what) => [what, rounds.map((round) => round[what])])),
  );
  remarkPressure(board, 'mixed', 'the process of buyers', new Map([['pay', paid.map(pressureOf)]]));
}
