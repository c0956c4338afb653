import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { PaymentState } from '../../engine/contracts/states.ts';
import type { SettlePayment } from '../../engine/contracts/wire/payments.ts';
import type { Log } from '../log.ts';
import { lockOrder } from '../orders/locked-order.ts';
import { recordPaidOutside } from '../orders/money-back.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { PaymentRow } from './payment-row.ts';
import { settlementsOn } from './settlements.ts';
import { readUnresolved, type UnresolvedRow } from './unresolved-row.ts';

const lockPayment = statement<{ payment_id: string }>('lock-payment');
const readPayments = statement<PaymentRow>('read-payments');
const noteDecision = statement('note-decision');

/** States in which a payment has the outcome that was asked for already. */
const settledAs: Readonly<Record<SettlePayment['outcome'], readonly PaymentState[]>> = {
  captured: ['captured', 'refunded'],
  declined: ['declined', 'voided', 'abandoned'],
};

/**
 * Settles a payment as a person decided, in one commit: the same that its provider's answer would have done,
 * with the login of whoever decided. `noted`: it had its outcome, and nothing but the decision was written.
 */
export function decide(
  { on, log }: { on: PostgresPool; log: Log },
  paymentId: string,
  operatorId: string,
  request: SettlePayment,
): Promise<Refusal | { kind: 'settled' | 'noted' }> {
  return inTransaction(on, async (transaction) => {
    await lockPayment(transaction, [paymentId]);
    const [payment] = await readUnresolved(transaction, ['', 1, paymentId]);
    if (!payment) return refuse('payment_not_found');
    const refusal = refusalOf(payment, request);
    if (refusal) return refusal;
    const isNews = payment.unresolved !== null;
    if (!isNews) return { kind: 'settled' };
    const moves = payment.state === 'initiated';
    if (moves) await settle(transaction, payment);
    const { outcome, reason, paidBackOutside: amountMinor } = request;
    if (amountMinor) {
      await lockOrder(transaction, payment.order_id, payment.buyer_id);
      await recordPaidOutside(transaction, payment, { amountMinor, requestedBy: operatorId });
    }
    await noteDecision(transaction, [paymentId, outcome, operatorId, reason, amountMinor ?? null]);
    return { kind: moves ? 'settled' : 'noted' };
  });

  async function settle(transaction: Postgres, payment: UnresolvedRow): Promise<void> {
    const settlements = settlementsOn(transaction, log);
    const [row] = (await readPayments(transaction, [[paymentId]])) as [PaymentRow];
    const provider = payment.provider ?? '';
    const providerReference = request.providerReference ?? payment.provider_reference;
    const by = operatorId;
    if (request.outcome === 'captured') {
      await settlements.capture(row, {
        ...{ kind: 'captured', providerReference: providerReference ?? '', provider, by },
      });
    } else {
      const declineCode = request.declineCode ?? 'settled_by_operator';
      await settlements.decline(row, { kind: 'declined', declineCode, providerReference, provider, by });
    }
  }
}

/**
 * Why what it says of money that was given back past the provider cannot be, or null. Where refunds failed it has to be
 * said: whatever is not counted here, the next return or cancellation gives back once more.
 */
function refusalOfPaidBack(payment: UnresolvedRow, request: SettlePayment): Refusal | null {
  const { state, unresolved, saga, currency } = payment;
  const { paidBackOutside: said } = request;
  const refused = (detail: string) => refuse('invalid_request', { field: 'paidBackOutside', detail });
  if (unresolved === null) {
    const decided = saga.findLast(({ step }) => step === 'decided')?.paidBackOutside ?? 0;
    if (!said || said === decided) return null;
    return refused(`The payment was decided already, with ${decided} paid back outside.`);
  }
  const left = payment.refundable_minor ?? 0;
  if (state !== 'captured') {
    return said ? refused(`The payment is ${state}: only of a captured one something is owed.`) : null;
  }
  if (said === undefined && left > 0) {
    return refused(
      `Say how much you gave back past the provider, in minor units of ${currency}; 0 where another refund does it.`,
    );
  }
  if (said && said > left) {
    return refuse('refund_exceeds_captured', {
      field: 'paidBackOutside',
      members: { refundable: { amount: left, currency } },
    });
  }
  return null;
}

/** Why the decision cannot be taken, or null. */
function refusalOf(payment: UnresolvedRow, request: SettlePayment): Refusal | null {
  const { state, unresolved } = payment;
  const cannot = (detail: string) => refuse('invalid_transition', { detail, members: { state } });
  if (state !== 'initiated') {
    if (settledAs[request.outcome].includes(state)) return refusalOfPaidBack(payment, request);
    if (unresolved === null) return cannot(`The payment is ${state} already.`);
    return request.outcome === 'captured'
      ? cannot(
          `The payment is ${state}, and its order went on without it: give the money back at the provider, then settle it as declined.`,
        )
      : cannot(
          `The payment is ${state}, and its refund failed: give the money back by another refund or in another way, then settle it as captured.`,
        );
  }
  if (unresolved === null) {
    return cannot('Its provider is still being asked; a payment is for a person once it says `unresolved`.');
  }
  if (request.paidBackOutside) return refusalOfPaidBack(payment, request);
  if (payment.is_acted_on) {
    return refuse('payment_in_progress', {
      detail: 'The provider is being asked about it at this moment.',
      retryAfterSeconds: 5,
    });
  }
  if (request.outcome === 'captured' && !request.providerReference && !payment.provider_reference) {
    return refuse('invalid_request', {
      field: 'providerReference',
      detail: 'Say what the provider calls this payment: a refund has to name it.',
    });
  }
  return null;
}
