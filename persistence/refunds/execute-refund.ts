import type { OrderId, PaymentId, RefundId } from '../../engine/contracts/ids.ts';
import type { PaymentProvider, RefundOutcome } from '../../engine/contracts/ports.ts';
import type { RefundState } from '../../engine/contracts/states.ts';
import type { Log } from '../log.ts';
import { lockOrder } from '../orders/locked-order.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { keyMsMax } from '../providers/key-over.ts';
import { jitter } from '../queues/jitter.ts';
import type { RowOutcome } from '../queues/row-queue.ts';

/** A refund with what it takes to ask for it. */
export interface RefundFacts {
  refund_id: RefundId;
  buyer_id: string;
  order_id: OrderId;
  payment_id: PaymentId;
  state: RefundState;
  amount_minor: number;
  currency: string;
  reason: string;
  provider: string | null;
  provider_reference: string | null;
  /** Known from an earlier answer, where it was not paid back at once. */
  provider_refund_reference: string | null;
  created_at: Date;
  /** How often it was looked at in vain since its provider last told of it. */
  looks: number;
}

/** A refund by its id alone. */
export const readRefund = statement<RefundFacts>('read-refund');
const nameRefund = statement('name-refund');
const settleRefund = statement<{ order_id: string }>('settle-refund');
const failRefund = statement<{ payment_id: string }>('fail-refund');
const postponeRefund = statement('postpone-refund');

export interface RefundParts {
  on: PostgresPool;
  /** The provider of that name, which captured; undefined where it is not configured any more. */
  providerNamed: (name: string) => PaymentProvider | undefined;
  log: Log;
}

/**
 * Asks the provider for a refund, or about one that it has named. One that may have been asked for so long ago that its
 * key is forgotten is looked for first, as a charge is: asking again would pay back anew.
 */
export async function askForRefund(provider: PaymentProvider, refund: RefundFacts): Promise<RefundOutcome> {
  const refundId = refund.refund_id;
  const providerReference = refund.provider_reference ?? '';
  const providerRefundReference = refund.provider_refund_reference;
  if (providerRefundReference !== null || Date.now() - refund.created_at.getTime() > keyMsMax) {
    const found = await provider.findRefund({ refundId, providerReference, providerRefundReference });
    if (found.kind !== 'none') return found;
  }
  return provider.refund({
    refundId,
    paymentId: refund.payment_id,
    providerReference,
    amount: { amount: refund.amount_minor, currency: refund.currency },
    reason: refund.reason,
  });
}

/**
 * Brings one refund to its end: asks the provider that captured, with the refund's id as its key, and commits
 * what it said; where it refuses for good, a person is called. An unknown answer is asked for again under the same key,
 * and looked for once that may be over; a refund that the provider took on and has not paid back yet is asked about by
 * its name there. What stays open waits a pause that grows, whatever the cause: those that were begun later are asked
 * for meanwhile. Safe to repeat, by anybody.
 */
export function refunder(parts: RefundParts) {
  const { on } = parts;
  return async (refundId: RefundId): Promise<RowOutcome> => {
    const [refund] = await readRefund(on, [refundId]);
    if (refund?.state !== 'initiated') return { kind: 'done' };
    const openBecause = await look(parts, refund).catch((error: Error) => error.message);
    if (openBecause === null) return { kind: 'done' };
    await postponeRefund(on, [refundId, refund.buyer_id, refund.looks, jitter()]);
    return { kind: 'postponed', reason: openBecause };
  };
}

/** Asks for an open refund, and commits what was said. Null where that was its end, else why it stays open. */
async function look({ on, providerNamed, log }: RefundParts, refund: RefundFacts): Promise<string | null> {
  const { refund_id: refundId, buyer_id: buyerId, order_id: orderId } = refund;
  const provider = providerNamed(refund.provider ?? '');
  if (!provider) return `there is no provider ${refund.provider}`;
  const outcome = await askForRefund(provider, refund);
  switch (outcome.kind) {
    case 'refunded':
      await underLock((transaction) =>
        settleRefund(transaction, [refundId, buyerId, outcome.providerRefundReference]),
      );
      return null;
    case 'refused': {
      const { code } = outcome;
      const reason = `${provider.name} refused to pay back ${refund.amount_minor} ${refund.currency} (${refundId}): ${code}`;
      const [news] = await underLock((transaction) =>
        failRefund(transaction, [refundId, buyerId, code, reason]),
      );
      if (news) log.error({ paymentId: refund.payment_id, reason }, 'a payment is for a person to decide');
      return null;
    }
    case 'pending':
      await nameRefund(on, [refundId, buyerId, outcome.providerRefundReference]);
      return 'the provider has not paid it back yet';
    default:
      return outcome.reason;
  }

  function underLock<T>(settle: (transaction: Parameters<typeof lockOrder>[0]) => Promise<T>): Promise<T> {
    return inTransaction(on, async (transaction) => {
      await lockOrder(transaction, orderId, buyerId);
      return settle(transaction);
    });
  }
}
