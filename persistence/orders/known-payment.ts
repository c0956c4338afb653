import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { isDearer } from '../../engine/contracts/money.ts';
import type { BeginPaymentOutcome, NextAction, PaymentIntent } from '../../engine/contracts/ports.ts';
import { priceChanged } from '../../engine/contracts/quote.ts';
import type { OrderState, PaymentState } from '../../engine/contracts/states.ts';

/** What Postgres holds about an intent that was not begun; null where there is nothing. */
export interface KnownPayment {
  key_fingerprint: string | null;
  key_status: number | null;
  key_body: Record<string, unknown> | null;
  next_action: NextAction | null;
  attempt_state: PaymentState | null;
  order_status: OrderState | null;
  order_total_minor: number | null;
  order_currency: string | null;
  live_payment_id: string | null;
  sale_epoch: number | null;
  coupon_is_used_up: boolean;
}

/** What to do next with an intent: answer it, begin it with its order, or begin it on the order that is there. */
export type NextStep =
  | { kind: 'answer'; outcome: BeginPaymentOutcome }
  | { kind: 'begin' }
  | { kind: 'begin again' };

type StoredKey = {
  fingerprint: string;
  status: number | null;
  body: Record<string, unknown> | null;
  next_action: NextAction | null;
};

/** The answer of a key that was accepted before. Another fingerprint is `idempotency_key_reused`. */
export function answerOfKey(
  stored: StoredKey,
  fingerprint: string,
): Exclude<BeginPaymentOutcome, { kind: 'accepted' }> {
  if (stored.fingerprint !== fingerprint) return refuse('idempotency_key_reused');
  if (stored.status === null || stored.body === null) {
    return { kind: 'pending', ...(stored.next_action ? { nextAction: stored.next_action } : {}) };
  }
  return { kind: 'final', status: stored.status, body: stored.body };
}

/** Reads what is known in the order in which it binds: the key, the attempt, the epoch, the order. */
export function nextStep(intent: PaymentIntent, known: KnownPayment): NextStep {
  const answer = (outcome: BeginPaymentOutcome): NextStep => ({ kind: 'answer', outcome });
  if (known.key_fingerprint !== null) {
    const stored = {
      fingerprint: known.key_fingerprint,
      status: known.key_status,
      body: known.key_body,
      next_action: known.next_action,
    };
    return answer(answerOfKey(stored, intent.fingerprint));
  }
  if (known.attempt_state !== null) return answer(refuse('payment_abandoned'));
  if (known.sale_epoch !== intent.epoch) {
    return answer(refuse('unavailable', { detail: 'The sale has begun a new epoch', retryAfterSeconds: 1 }));
  }
  switch (known.order_status) {
    case null:
      return known.coupon_is_used_up ? answer(couponUsedUp()) : { kind: 'begin' };
    case 'pending':
      if (known.live_payment_id !== null) {
        return answer(refuse('payment_in_progress', { retryAfterSeconds: 1 }));
      }
      return costsMore(intent, known) ?? { kind: 'begin again' };
    case 'failed':
    case 'cancelled':
      return answer(refuse('reservation_expired'));
    default:
      return answer(refuse('already_paid', { members: { orderId: intent.orderId } }));
  }
}

/** Somebody else had the last of its uses, or this buyer had all of theirs. */
export const couponUsedUp = (): Refusal => refuse('coupon_used_up', { field: 'couponCode' });

/** An order keeps its price from its first attempt on; whoever expects less is asked again. */
function costsMore({ price, expectedTotal }: PaymentIntent, known: KnownPayment): NextStep | null {
  const total = { amount: known.order_total_minor ?? 0, currency: known.order_currency ?? '' };
  const agreed = expectedTotal ?? { ...total, currency: price.total.currency };
  if (!isDearer(total, agreed)) return null;
  return { kind: 'answer', outcome: priceChanged(agreed, total) };
}
