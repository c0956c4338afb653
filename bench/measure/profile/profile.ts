import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Door, withDoors } from '../doors.ts';
import { BenchFailure } from '../failure.ts';
import { withRelayHeldBack } from '../relay.ts';
import { ReserveRounds } from '../reserve/rounds.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { type CpuProfile, topCosts } from './top-costs.ts';

const shownMax = 40;

/** A profile of a minute is written in a few seconds. */
const writtenWithinMs = 60_000;

/** Where a gateway under full load spends its time: functions by their own share, in per cent. */
export async function profile(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const file = options.profile ?? join(subject.directory, 'gateway.cpuprofile');
  const rounds = await ReserveRounds.prepare(subject, options);
  const setting = { env: { PROFILE_FILE: file }, imports: ['bench/measure/profile/start.ts'] };
  await withDoors(
    subject,
    ['doorbuster'],
    async (doors) => {
      const [door] = doors as [Door];
      await withRelayHeldBack(subject, async () => {
        await rounds.run(door, { ...options, seconds: 3 });
        process.kill(door.pid, 'SIGWINCH');
        await rounds.run(door, options);
        process.kill(door.pid, 'SIGWINCH');
        await writtenTo(file);
        await sleep(1000);
      });
      await rounds.audit();
    },
    setting,
  );
  const found = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  for (const { where, share } of topCosts(found, shownMax)) board.note('profile', where, '%', [share * 100]);
}

async function writtenTo(file: string): Promise<void> {
  const untilMs = performance.now() + writtenWithinMs;
  while (!existsSync(file)) {
    if (performance.now() > untilMs) throw new BenchFailure(`no profile was written to ${file}`);
    await sleep(100);
  }
}
