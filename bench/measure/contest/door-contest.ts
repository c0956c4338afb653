import { type DoorName, withDoors } from '../doors.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Contender } from './contender.ts';
import { type Contest, runContest } from './contest.ts';
import { type DoorContest, doorContender } from './door-contender.ts';

/**
 * A contest of doors that are asked the same: ours first, then those with a stand-in, then `others`. Against a
 * system that runs already there is its own door alone.
 */
export async function contestOfDoors(
  board: Scoreboard,
  names: Pick<Contest, 'scenario' | 'thing'>,
  opponents: readonly DoorName[],
  contest: DoorContest & { others?: readonly Contender[] },
): Promise<void> {
  const { subject, options, others = [] } = contest;
  if (!subject.isOurs) {
    const contenders = [doorContender({ name: 'doorbuster', origin: subject.origin, pid: null }, contest)];
    await runContest(board, { ...names, contenders }, options);
    return;
  }
  await withDoors(subject, ['doorbuster', ...opponents], async (doors) => {
    const contenders = [...doors.map((door) => doorContender(door, contest)), ...others];
    await runContest(board, { ...names, contenders }, options);
  });
}
