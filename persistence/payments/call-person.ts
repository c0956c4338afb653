import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const reopenPayment = statement<{ payment_id: string }>('reopen-payment');

/**
 * Calls a person to a payment that had ended without money, and whose provider took some after all: its key may have
 * said so, and its order have gone on, so no machine takes that back. Any other payment stays as it is.
 */
export async function callPersonIfEnded(
  on: Postgres,
  log: Log,
  paymentId: PaymentId,
  taken: { provider: string; providerReference: string },
): Promise<void> {
  const reason = `${taken.provider} took the money (${taken.providerReference}) of a payment that had ended`;
  const [news] = await reopenPayment(on, [paymentId, reason]);
  if (news) log.error({ paymentId, reason }, 'a payment is for a person to decide');
}
