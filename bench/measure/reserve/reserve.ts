import { inTurns, postContest, runContest } from '../contest/contest.ts';
import { type Door, withDoors } from '../doors.ts';
import { withRelayHeldBack } from '../relay.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { answerOf, redisAlone, uwsConstant } from './ceilings.ts';
import { withOpponents } from './opponents.ts';
import { ReserveRounds } from './rounds.ts';

const names = ['doorbuster', 'door-only', 'evalsha-each'] as const;

/**
 * What a decision costs: reservations over HTTP against the same door without it and with one EVALSHA a
 * request, against those who do it in other ways, and against ceilings. First with the relay held back; then
 * our own doors again with it running.
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
      });
    } finally {
      await Promise.all(ceilings.map((ceiling) => ceiling.stop()));
    }
    const relaying = { scenario: 'reserve-relaying', thing: 'decision', contenders: ours };
    await runContest(board, relaying, options);
  });
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
