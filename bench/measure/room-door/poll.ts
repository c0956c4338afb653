import { contestOfDoors } from '../contest/door-contest.ts';
import { wireBytes } from '../load/answer-bytes.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { type FilledRoom, filledRoom } from './entrants.ts';

/** So many that each of them stays within what a buyer may ask in a second. */
const entrants = 20_000;

/** Everybody in a waiting room asks where they stand, over and over. */
export async function poll(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const room = await filledRoom(subject, subject.origin, entrants);
  await contestOfDoors(board, { scenario: 'poll', thing: 'poll' }, ['door-only-room', 'evalsha-each'], {
    subject,
    options,
    open: ({ origin }) => askedStatus(room, origin),
  });
}

/** `GET …/tickets/me` by each entrant in turn. */
export async function askedStatus({ sale, tokensFile, tokens }: FilledRoom, origin: string) {
  const path = `/api/v1/sales/${sale.id}/tickets/me`;
  await sale.known(origin);
  // Not one of the first, whose turn it may be.
  const token = tokens[tokens.length - 1] as string;
  const probe = { method: 'GET' as const, path, body: '', token };
  const answerBytes = await wireBytes(origin, probe, (status) => status === 200);
  return {
    load: {
      method: 'GET' as const,
      path,
      body: '',
      tokensFile,
      again: true,
      header: null,
      expects: 'success' as const,
    },
    answerBytes,
  };
}
