import type { RefundId } from '../../engine/contracts/ids.ts';
import { lockOrder } from '../orders/locked-order.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { askForRefund, type RefundParts, readRefund } from './execute-refund.ts';

const failSettledRefund = statement<{ refund_id: string }>('fail-settled-refund');

/**
 * Looks at a refund again that its provider called paid back, and is said to have failed since. Where the provider
 * says so itself, what was posted is taken back and a person is called: the buyer has been told of the money. False
 * where the provider could not say; ask again later.
 */
export async function lookAtRefundAgain(parts: RefundParts, refundId: RefundId): Promise<boolean> {
  const { on, providerNamed, log } = parts;
  const [refund] = await readRefund(on, [refundId]);
  const provider = providerNamed(refund?.provider ?? '');
  if (refund?.state !== 'refunded' || !provider) return true;
  const outcome = await askForRefund(provider, refund);
  if (outcome.kind === 'unknown' || outcome.kind === 'unavailable') return false;
  if (outcome.kind !== 'refused') return true;
  const { buyer_id: buyerId, order_id: orderId, amount_minor: amount, currency } = refund;
  const reason = `${provider.name} had paid back ${amount} ${currency} (${refundId}), and it failed afterwards: ${outcome.code}`;
  const [news] = await inTransaction(on, async (transaction) => {
    await lockOrder(transaction, orderId, buyerId);
    return failSettledRefund(transaction, [refundId, buyerId, outcome.code, reason]);
  });
  if (news) log.error({ paymentId: refund.payment_id, reason }, 'a payment is for a person to decide');
  return true;
}
