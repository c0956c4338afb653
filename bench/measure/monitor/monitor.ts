import { setTimeout as sleep } from 'node:timers/promises';
import { type DoorName, withDoors } from '../doors.ts';
import { demand } from '../failure.ts';
import { RedisCli } from '../redis-cli.ts';
import { withRelayHeldBack } from '../relay.ts';
import { ReserveRounds } from '../reserve/rounds.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { countCommands, totalOf } from './commands.ts';

const names: DoorName[] = ['doorbuster', 'evalsha-each'];

/** What Redis is asked in one second of full load: MONITOR slows it down, so only proportions are told. */
export async function monitor(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const rounds = await ReserveRounds.prepare(subject, options);
  const redis = new RedisCli(subject.redisUrl);
  const perDecision = new Map<string, number[]>(names.map((name) => [name, []]));
  await withDoors(subject, names, async (doors) => {
    await withRelayHeldBack(subject, async () => {
      for (let round = 0; round < options.rounds; round++) {
        for (const door of doors) {
          const running = rounds.run(door, { ...options, seconds: 4 });
          const [lines] = await Promise.all([sleep(2000).then(() => redis.monitor(1000)), running]);
          const { sent, byScripts } = countCommands(lines);
          // One entry of the outbox a reservation, and nothing else writes any meanwhile.
          const decisions = byScripts.get('xadd') ?? 0;
          demand(decisions > 0, 'MONITOR showed no decision');
          perDecision.get(door.name)?.push(totalOf(sent) / decisions);
          board.note('monitor', `${door.name}, decisions in a second`, '', [decisions]);
          board.note('monitor', `${door.name}, sent by clients (${namesOf(sent)})`, '', [totalOf(sent)]);
          board.note('monitor', `${door.name}, called by scripts (${namesOf(byScripts)})`, 'a decision', [
            totalOf(byScripts) / decisions,
          ]);
        }
      }
    });
    await rounds.audit();
  });
  board.compare(
    {
      scenario: 'monitor',
      subject: 'doorbuster',
      opponent: 'evalsha-each',
      unit: 'commands sent a decision',
    },
    perDecision.get('doorbuster') ?? [],
    perDecision.get('evalsha-each') ?? [],
  );
}

const namesOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
