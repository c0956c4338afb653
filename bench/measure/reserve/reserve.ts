import type { Contender } from '../contest/contender.ts';
import { inTurns, postContest } from '../contest/contest.ts';
import { type Door, withDoors } from '../doors.ts';
import { withRelayHeldBack } from '../relay.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { answerOf, redisAlone, uwsConstant } from './ceilings.ts';
import { withOpponents } from './opponents.ts';
import { ReserveRounds } from './rounds.ts';

const names = ['doorbuster', 'door-only', 'evalsha-each'] as const;

/** One on each store: what a reservation costs without a ledger, while ours keeps one. */
const relayingOpponents: ReadonlySet<string> = new Set(['pg-row-lock', 'eval-fastify']);

/**
 * What a decision costs: reservations over HTTP against the same door without it and with one EVALSHA a
 * request, against those who do it in other ways, and against ceilings. First with the relay held back; then
 * our own doors again, and two of the others, with it running.
 */
export async function reserve(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const rounds = await ReserveRounds.prepare(subject, options);
  const { tokensFile } = rounds;
  await withDoors(subject, names, async (doors) => {
    const ours = doors.map((door) => rounds.at(door, options));
    const ceilings = [
      await bareDoor(subject, options, doors[0] as Door, tokensFile),
      await redisAlone(subject),
    ];
    try {
      await withOpponents({ subject, options, tokensFile }, async (opponents) => {
        const contenders = [...ours, ...opponents, ...ceilings];
        const contest = { scenario: 'reserve', thing: 'decision', contenders };
        const found = await withRelayHeldBack(subject, () => inTurns(contest, options));
        for (const contender of contenders) await contender.audit();
        postContest(board, contest, options.generator, found);
        const relayed = doors.map((door) => rounds.relayingAt(door, options));
        await relaying(options, board, relayed, opponents);
      });
    } finally {
      await Promise.all(ceilings.map((ceiling) => ceiling.stop()));
    }
  });
}

/**
 * With our ledger on: our doors against themselves, and against opponents who keep none, or have it in the same
 * transaction. What was decided and is not in the ledger yet at the end of a round is work that the rate left out.
 */
async function relaying(
  options: Options,
  board: Scoreboard,
  ours: readonly Contender[],
  opponents: readonly Contender[],
): Promise<void> {
  const scenario = 'reserve-relaying';
  const others = opponents.filter(({ name }) => relayingOpponents.has(name));
  const contest = { scenario, thing: 'decision', contenders: [...ours, ...others] };
  const found = await inTurns(contest, options);
  for (const contender of contest.contenders) await contender.audit();
  postContest(board, contest, options.generator, found);
  for (const { name, usesRedis } of ours) {
    const lags = (found.get(name) ?? []).map(({ lagEntries = 0 }) => lagEntries);
    if (!usesRedis || lags.every((lag) => lag === 0)) continue;
    const told = lags.map((lag) => lag.toLocaleString('en-US')).join(', ');
    board.remark(`${scenario}: entries that ${name} had not relayed when its rounds ended: ${told}`);
  }
}

async function bareDoor(subject: Subject, options: Options, door: Door, tokensFile: string) {
  const sale = await BenchSale.create(subject);
  await sale.probe(door.origin, 'probe');
  const answer = await answerOf(sale, subject, door.origin);
  await sale.command('close');
  return uwsConstant(subject, options, {
    method: 'POST',
    path: sale.path,
    body: sale.body,
    tokensFile,
    answer,
  });
}
