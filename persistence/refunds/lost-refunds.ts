import type { RefundId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { RowQueue } from '../queues/row-queue.ts';

const lostRefunds = statement<{ refund_id: RefundId }>('lost-refunds');

const batchMax = 200;

/** Wakes the workers for refunds that are not settled and are due. Returns how many. */
export async function wakeRefunds(on: Postgres, queue: Pick<RowQueue<RefundId>, 'wake'>): Promise<number> {
  const lost = await lostRefunds(on, [batchMax]);
  await queue.wake(lost.map((row) => row.refund_id));
  return lost.length;
}
