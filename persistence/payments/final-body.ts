import { problemOf, refuse } from '../../engine/contracts/errors.ts';
import type { OrderConfirmed } from '../../engine/contracts/wire/checkout.ts';
import type { PaymentRow } from './payment-row.ts';

/** What a payment ends with: the status and body that its key answers from then on. */
export interface FinalAnswer {
  status: 201 | 402 | 410;
  body: OrderConfirmed | Record<string, unknown>;
}

type Begun = Pick<PaymentRow, 'payment_id' | 'request_id'>;

/** A key says the same again and again, so it names the request that began its payment, whoever asks. */
const requestOf = (payment: Begun): string => payment.request_id ?? payment.payment_id;

/** The 201 of a captured payment. */
export function confirmedAnswer(payment: PaymentRow): FinalAnswer {
  const body: OrderConfirmed = {
    orderId: payment.order_id,
    orderNumber: payment.order_number,
    status: 'confirmed',
    paymentStatus: 'captured',
    total: { amount: payment.amount_minor ?? 0, currency: payment.currency ?? '' },
  };
  return { status: 201, body };
}

/** The 402 of a declined payment. */
export function declinedAnswer(payment: PaymentRow, declineCode: string): FinalAnswer {
  const refusal = refuse('payment_declined', { members: { declineCode } });
  return { status: 402, body: problemOf(refusal, requestOf(payment)) };
}

/** The 410 of a payment whose money came after its order had ended, and goes back. */
export function lateAnswer(payment: Begun): FinalAnswer {
  const detail = 'The hold had ended before the money came; it is on its way back.';
  return { status: 410, body: problemOf(refuse('reservation_expired', { detail }), requestOf(payment)) };
}
