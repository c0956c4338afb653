import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { RowQueue } from '../queues/row-queue.ts';

const lostDeliveries = statement<{ delivery_id: string }>('lost-deliveries');

const batchMax = 500;

/** Wakes the workers for deliveries that are due. Returns how many. */
export async function wakeDeliveries(on: Postgres, queue: Pick<RowQueue<string>, 'wake'>): Promise<number> {
  const due = await lostDeliveries(on, [batchMax]);
  await queue.wake(due.map((row) => row.delivery_id));
  return due.length;
}
