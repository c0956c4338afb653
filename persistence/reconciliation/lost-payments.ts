import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { WakingPaymentQueue } from '../queues/payment-queue.ts';

const lostPayments = statement<{ payment_id: PaymentId }>('lost-payments');

const batchMax = 500;

/**
 * Finds payments that were initiated `ageMs` ago and are not settled, and wakes the workers for them: their
 * job was lost with Redis, or its worker died, or the provider is slow. Returns how many.
 */
export async function wakeLostPayments(
  on: Postgres,
  queue: Pick<WakingPaymentQueue, 'wakeAgain'>,
  ageMs: number,
): Promise<number> {
  const lost = await lostPayments(on, [ageMs, batchMax]);
  if (lost.length > 0) await queue.wakeAgain(lost.map((row) => row.payment_id));
  return lost.length;
}
