import { withDoors } from '../doors.ts';
import { withRelayHeldBack } from '../relay.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { ReserveRounds, type Round } from './rounds.ts';

const names = ['doorbuster', 'door-only', 'evalsha-each'] as const;
const opponents = ['door-only', 'evalsha-each'] as const;

/**
 * What the decision costs: reservations over HTTP against the same door without it, and against the same
 * door with one EVALSHA a request. First with the relay held back, then with it running.
 */
export async function reserve(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const rounds = await ReserveRounds.prepare(subject, options);
  await withDoors(subject, names, async (doors) => {
    const inTurns = async () => {
      for (const door of doors) await rounds.run(door, { ...options, seconds: Math.min(3, options.seconds) });
      const found = new Map<string, Round[]>(names.map((name) => [name, []]));
      for (let round = 0; round < options.rounds; round++) {
        // Another one begins each time, so that none always runs on what the same one left behind.
        const turn = round % doors.length;
        for (const door of [...doors.slice(turn), ...doors.slice(0, turn)]) {
          found.get(door.name)?.push(await rounds.run(door, options));
        }
      }
      return found;
    };
    note(board, 'reserve, relay held back', options, await withRelayHeldBack(subject, inTurns));
    await rounds.audit();
    note(board, 'reserve, relay running', options, await inTurns());
    await rounds.audit();
  });
}

function note(
  board: Scoreboard,
  scenario: string,
  { generator }: Options,
  found: Map<string, Round[]>,
): void {
  const values = (name: string, of: (round: Round) => number) => (found.get(name) ?? []).map(of);
  for (const opponent of opponents) {
    board.compare(
      { scenario, subject: 'doorbuster', opponent, unit: `decisions/s by ${generator}` },
      values('doorbuster', (round) => round.perSecond),
      values(opponent, (round) => round.perSecond),
    );
  }
  for (const opponent of opponents) {
    board.compare(
      { scenario, subject: 'doorbuster', opponent, unit: 'µs of gateway CPU a decision' },
      values('doorbuster', (round) => round.gatewayCpuUs),
      values(opponent, (round) => round.gatewayCpuUs),
    );
  }
  board.compare(
    { scenario, subject: 'doorbuster', opponent: 'evalsha-each', unit: 'µs of Redis CPU a decision' },
    values('doorbuster', (round) => round.redisCpuUs),
    values('evalsha-each', (round) => round.redisCpuUs),
  );
  for (const name of names) {
    board.note(
      scenario,
      `${name} p50`,
      'ms',
      values(name, (round) => round.p50Ms),
    );
    board.note(
      scenario,
      `${name} p99`,
      'ms',
      values(name, (round) => round.p99Ms),
    );
  }
}
