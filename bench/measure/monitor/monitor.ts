import { setTimeout as sleep } from 'node:timers/promises';
import { type DoorName, withDoors } from '../doors.ts';
import { demand } from '../failure.ts';
import { RedisCli } from '../redis-cli.ts';
import { withRelayHeldBack } from '../relay.ts';
import { ReserveRounds } from '../reserve/rounds.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { type Commands, countCommands, totalOf } from './commands.ts';

const names: DoorName[] = ['doorbuster', 'evalsha-each'];

/** What Redis is asked in one second of full load: MONITOR slows it down, so only proportions are told. */
export async function monitor(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const rounds = await ReserveRounds.prepare(subject, options);
  const redis = new RedisCli(subject.redisUrl);
  const looks = new Map<string, Look[]>(names.map((name) => [name, []]));
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
          looks.get(door.name)?.push({ decisions, sent, byScripts });
        }
      }
    });
    await rounds.audit();
  });
  for (const [name, found] of looks) noteLooks(board, name, found);
  const sentEach = (name: string) =>
    (looks.get(name) ?? []).map(({ sent, decisions }) => totalOf(sent) / decisions);
  board.compare(
    {
      scenario: 'monitor',
      subject: 'doorbuster',
      opponent: 'evalsha-each',
      unit: 'commands sent a decision',
    },
    sentEach('doorbuster'),
    sentEach('evalsha-each'),
  );
}

/** One second of one door. */
interface Look extends Commands {
  decisions: number;
}

/** All that was sent and called, then by command: under one name each in every run, so that runs can be compared. */
function noteLooks(board: Scoreboard, door: string, looks: readonly Look[]): void {
  const note = (name: string, unit: string, of: (look: Look) => number) =>
    board.note('monitor', `${door}, ${name}`, unit, looks.map(of));
  note('decisions in a second', '', ({ decisions }) => decisions);
  for (const [from, how] of [
    ['sent', 'sent by clients'],
    ['byScripts', 'called by scripts'],
  ] as const) {
    note(how, 'a decision', (look) => totalOf(look[from]) / look.decisions);
    const commands = [...new Set(looks.flatMap((look) => [...look[from].keys()]))].sort();
    for (const command of commands) {
      note(`${command} ${how}`, 'a decision', (look) => (look[from].get(command) ?? 0) / look.decisions);
    }
  }
}
