import { derivedKey } from '../contracts/derived-key.ts';
import { orderIdOf, orderNumberFor, paymentIdFor, reservationIdOf } from '../contracts/ids.ts';
import type { PayOutcome } from '../contracts/outcomes.ts';
import type { BeginPaymentOutcome, OrderStore } from '../contracts/ports.ts';
import type { PayAttempt } from '../surface.ts';
import { fingerprintOf } from './payment-request.ts';

/** Derives from a request to pay the names of all that comes of it, the same for every repeat. */
export function attemptNames(tokenSecret: string) {
  const paymentKey = derivedKey(tokenSecret, 'payment-id');
  const orderNumberKey = derivedKey(tokenSecret, 'order-number');
  return ({ checkoutId, buyerId, idempotencyKey, request }: PayAttempt) => {
    const orderId = orderIdOf(checkoutId);
    const fingerprint = fingerprintOf(checkoutId, request);
    return {
      reservationId: reservationIdOf(checkoutId),
      orderId,
      orderNumber: orderNumberFor(orderNumberKey, orderId),
      fingerprint,
      paymentId: paymentIdFor(paymentKey, { checkoutId, buyerId, idempotencyKey, fingerprint }),
    };
  };
}

export type AttemptNames = ReturnType<ReturnType<typeof attemptNames>>;

/** What Postgres says of an attempt, as its buyer is told it. */
export function outcomeSaid(
  { orderId, orderNumber }: Pick<AttemptNames, 'orderId' | 'orderNumber'>,
  outcome: Exclude<BeginPaymentOutcome, { kind: 'accepted' }>,
): PayOutcome {
  if (outcome.kind === 'refused') return outcome;
  if (outcome.kind === 'final') return { ...outcome, replayed: true };
  const { nextAction } = outcome;
  return {
    kind: 'pending',
    replayed: true,
    order: nextAction
      ? { orderId, orderNumber, status: 'requires_action', nextAction }
      : { orderId, orderNumber, status: 'pending' },
  };
}

/**
 * What was answered to an attempt before, or null. A key keeps how its payment stands; an attempt that was given up
 * left its key free, and keeps it itself, also where another body has paid under that key since.
 */
export async function keptOutcome(
  orderStore: Pick<OrderStore, 'storedOutcome' | 'refusalOf'>,
  { buyerId, idempotencyKey }: Pick<PayAttempt, 'buyerId' | 'idempotencyKey'>,
  names: AttemptNames,
): Promise<PayOutcome | null> {
  const { paymentId, fingerprint } = names;
  const ofKey = await orderStore.storedOutcome(buyerId, 'pay', idempotencyKey, fingerprint);
  if (ofKey && ofKey.kind !== 'refused') return outcomeSaid(names, ofKey);
  const ofAttempt = await orderStore.refusalOf({ paymentId, buyerId });
  return ofAttempt ? outcomeSaid(names, ofAttempt) : ofKey;
}
