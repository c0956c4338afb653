import { runContest } from '../contest/contest.ts';
import { doorContender } from '../contest/door-contender.ts';
import { type Door, withDoors } from '../doors.ts';
import { fillRoom, joiner } from '../room/fill.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { filledRoom } from './entrants.ts';
import { askedStatus } from './poll.ts';

/** Those who ask; the rooms differ in how many wait beside them. */
const asking = 20_000;
const few = 1_000;
const many = 1_000_000;

/** What asking costs where a million wait, against where a thousand do: the same people ask. */
export async function growth(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  await withDoors(subject, ['doorbuster'], async (doors) => {
    const [door] = doors as [Door];
    const part = await joiner(subject);
    try {
      const contenders = [];
      for (const others of [many, few]) {
        const room = await filledRoom(subject, door.origin, asking);
        await fillRoom(part, room.sale.id, others);
        const named = { ...door, name: `${others.toLocaleString('en-US')} more waiting` };
        contenders.push(
          doorContender(named, {
            subject,
            options,
            open: ({ origin }) => askedStatus(room, origin),
          }),
        );
      }
      await runContest(board, { scenario: 'growth', thing: 'poll', contenders }, options);
    } finally {
      await part.stop();
    }
  });
}
