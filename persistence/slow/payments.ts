import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Followed } from '../saga/saga.ts';

const lostSlowPayments = statement<{ payment_id: PaymentId }>('lost-slow-payments');

/** At once; the provider's bulkhead limits them besides. */
const batchMax = 200;

/** Follows the payments of slow sales: the queue that wakes workers lies in Redis. Returns how many. */
export async function followSlowPayments(
  on: Postgres,
  follow: (paymentId: PaymentId) => Promise<Followed>,
): Promise<number> {
  const due = await lostSlowPayments(on, [batchMax]);
  await Promise.all(due.map(({ payment_id }) => follow(payment_id)));
  return due.length;
}
