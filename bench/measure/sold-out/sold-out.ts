import { join as pathOf } from 'node:path';
import { tokenSigner } from '../../load/tokens.ts';
import { writeTokens } from '../buyers.ts';
import type { Asked } from '../contest/door-contender.ts';
import { contestOfDoors } from '../contest/door-contest.ts';
import { wireBytes } from '../load/answer-bytes.ts';
import { buyOne } from '../purchases/buy-one.ts';
import { withOpponents } from '../reserve/opponents.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';

const buyers = 100_000;

/** A sale whose one unit is sold. */
export async function soldOutSale(subject: Subject): Promise<BenchSale> {
  const sale = await BenchSale.create(subject, {}, 1);
  await buyOne(subject, sale, 'the-last-buyer');
  return sale;
}

/** Everybody comes too late: the path of the refusal. */
export async function soldOut(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const tokensFile = pathOf(subject.directory, 'late-tokens.txt');
  await writeTokens(tokensFile, subject.authSecret, buyers);
  const sale = await soldOutSale(subject);
  const contest = {
    subject,
    options,
    open: ({ origin }: { origin: string }) => askedTooLate(subject, sale, tokensFile, origin),
    // Nothing was taken by anybody.
    audit: () => auditDrained(sale, { min: 0, max: 0 }),
  };
  const names = { scenario: 'sold-out', thing: 'refusal' };
  if (!subject.isOurs) return contestOfDoors(board, names, [], contest);
  await withOpponents({ subject, options, tokensFile, units: 0 }, (others) =>
    contestOfDoors(board, names, ['door-only-sold-out', 'evalsha-each'], { ...contest, others }),
  );
}

/** Reservations in a sale that is sold out, each answered 410. */
export async function askedTooLate(
  { authSecret }: Pick<Subject, 'authSecret'>,
  sale: BenchSale,
  tokensFile: string,
  origin: string,
): Promise<Asked> {
  const { path, body } = sale;
  await sale.known(origin);
  const probe = { method: 'POST' as const, path, body, token: tokenSigner(authSecret)({ sub: 'probe' }) };
  const answerBytes = await wireBytes(origin, probe, (status) => status === 410);
  return {
    load: { method: 'POST', path, body, tokensFile, again: true, header: null, expects: 410 },
    answerBytes,
  };
}
