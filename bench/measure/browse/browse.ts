import type { Asked } from '../contest/door-contender.ts';
import { contestOfDoors } from '../contest/door-contest.ts';
import { BrokenInvariant } from '../failure.ts';
import { wireBytes } from '../load/answer-bytes.ts';
import { uwsConstant } from '../reserve/ceilings.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';

/** Everybody reloads the page of a sale, whose version they have already: 304 by its ETag. */
export async function browse(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const sale = await BenchSale.create(subject);
  const path = `/api/v1/sales/${sale.id}`;
  const asked = { method: 'GET' as const, path, body: '', tokensFile: null };
  const answer = { status: '304 Not Modified', type: 'application/json', body: '' };
  const ceiling = subject.isOurs ? await uwsConstant(subject, options, { ...asked, answer }) : null;
  try {
    await contestOfDoors(board, { scenario: 'browse', thing: 'request' }, [], {
      subject,
      options,
      others: ceiling ? [ceiling] : [],
      async open({ origin }): Promise<Asked> {
        await sale.known(origin);
        const etag = (await fetch(`${origin}${path}`)).headers.get('etag');
        if (etag === null) throw new BrokenInvariant('the sale has no ETag');
        const header = `If-None-Match: ${etag}`;
        const probe = { method: 'GET' as const, path, body: '', token: null, headers: [header] };
        const answerBytes = await wireBytes(origin, probe, (status) => status === 304);
        return { load: { ...asked, again: true, header, expects: 'success' }, answerBytes };
      },
    });
  } finally {
    await ceiling?.stop();
  }
}
