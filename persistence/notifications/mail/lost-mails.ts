import type { Postgres } from '../../postgres/pool.ts';
import { statement } from '../../postgres/statement.ts';
import type { RowQueue } from '../../queues/row-queue.ts';

const lostMails = statement<{ mail_id: string }>('lost-mails');

const batchMax = 500;

/** Wakes the workers for mails that are due. Returns how many. */
export async function wakeMails(on: Postgres, queue: Pick<RowQueue<string>, 'wake'>): Promise<number> {
  const due = await lostMails(on, [batchMax]);
  await queue.wake(due.map((row) => row.mail_id));
  return due.length;
}
