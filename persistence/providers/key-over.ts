import type { PaymentId } from '../../engine/contracts/ids.ts';
import type {
  ChargeOutcome,
  ChargeRequest,
  PaymentProvider,
  ProviderPayment,
  ProviderUnavailable,
} from '../../engine/contracts/ports.ts';
import { chargeOutcomeOf, type ProviderIntent } from './intent-outcome.ts';

type Find = PaymentProvider['find'];

/**
 * After this long what may have been asked for is looked for before it is asked for again: who forgets its key would
 * move the money anew. Stripe does so after 24 hours at the earliest: https://docs.stripe.com/api/idempotent_requests
 */
export const keyMsMax = 6 * 3_600_000;

/**
 * What became of a charge that may have been sent, where anything did. One that was given back without being taken is
 * a refusal. A look that was turned away had no effect, but the charge may have had one: that is *unknown*.
 */
export async function foundCharge(
  find: Find,
  payment: ProviderPayment,
): Promise<Exclude<ChargeOutcome, ProviderUnavailable> | { kind: 'none' }> {
  const found = await find(payment);
  if (found.kind === 'unavailable') return { kind: 'unknown', reason: found.reason };
  if (found.kind !== 'voided') return found;
  return { kind: 'declined', declineCode: 'canceled', providerReference: found.providerReference };
}

/**
 * What an answer says of a charge. One that was not over then is looked at: its key repeats the answer, whatever has
 * become of the charge since.
 */
export async function outcomeOfAnswer(
  find: Find,
  paymentId: PaymentId,
  intent: ProviderIntent,
): Promise<ChargeOutcome> {
  const outcome = chargeOutcomeOf(intent);
  if (outcome.kind !== 'unknown') return outcome;
  const found = await foundCharge(find, { paymentId, providerReference: intent.id });
  return found.kind === 'none' ? outcome : found;
}

/**
 * What became of a charge whose key is over: its failure is repeated, or its key is taken by another request,
 * and asking again changes nothing. Only the provider's own list knows. `listLagMs` is how long after a
 * charge the list may not show it yet; until then *nothing there* means nothing. It is counted from when the key was
 * first seen to be over. Nothing earlier will do: of the requests before that one, any may be the first that arrived.
 */
export async function outcomeOfList(
  find: Find,
  { paymentId, keyOverAtMs }: ChargeRequest,
  listLagMs: number,
): Promise<ChargeOutcome> {
  const found = await foundCharge(find, { paymentId, providerReference: null });
  if (found.kind === 'unknown') return { ...found, isKeyOver: true };
  if (found.kind !== 'none') return found;
  const nowMs = Date.now();
  if (nowMs - (keyOverAtMs ?? nowMs) >= listLagMs) {
    return { kind: 'declined', declineCode: 'provider_error', providerReference: null };
  }
  const reason = 'the provider failed, and its list may not show yet what it did';
  return { kind: 'unknown', reason, isKeyOver: true };
}

/** The provider's name for a payment, or the outcome where there is none to be had. */
export async function referenceOf(find: Find, payment: ProviderPayment) {
  if (payment.providerReference !== null) return payment.providerReference;
  const found = await find(payment);
  if (found.kind === 'unknown' || found.kind === 'unavailable') return found;
  const reference = found.kind === 'none' ? null : found.providerReference;
  return reference ?? ({ kind: 'refused', code: 'resource_missing' } as const);
}
