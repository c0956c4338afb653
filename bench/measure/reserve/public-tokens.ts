import { warmUpSeconds } from '../contest/contest.ts';
import { shuffled } from '../contest/shuffled.ts';
import { type Door, withDoors } from '../doors.ts';
import { remarkPressure } from '../load/pressure.ts';
import { withRelayHeldBack } from '../relay.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { ReserveRounds, type Round } from './rounds.ts';

const kinds = ['public', 'private'] as const;

/** What it costs that any checkout may verify a purchase token: sales that differ in nothing else, at one door. */
export async function publicTokens(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const rounds = await ReserveRounds.prepare(subject, options);
  const found: Record<(typeof kinds)[number], Round[]> = { public: [], private: [] };
  await withDoors(subject, ['doorbuster'], async (doors) => {
    const [door] = doors as [Door];
    await withRelayHeldBack(subject, async () => {
      for (const tokens of kinds)
        await rounds.run(door, { ...options, seconds: warmUpSeconds(options) }, { tokens });
      for (let round = 0; round < options.rounds; round++) {
        for (const tokens of shuffled(kinds, round))
          found[tokens].push(await rounds.run(door, options, { tokens }));
      }
    });
    await rounds.audit();
  });
  const names = { scenario: 'public-tokens', subject: 'public tokens', opponent: 'private tokens' };
  for (const [unit, of] of [
    [`decisions/s by ${options.generator}`, (round: Round) => round.perSecond],
    ['µs of gateway CPU a decision', (round: Round) => round.gatewayCpuUs],
  ] as const) {
    board.compare({ ...names, unit }, found.public.map(of), found.private.map(of));
  }
  const byKind = new Map(kinds.map((kind) => [`${kind} tokens`, found[kind]]));
  remarkPressure(board, 'public-tokens', options.generator, byKind);
}
