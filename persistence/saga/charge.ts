import type { AtCrashPoint } from '../../engine/contracts/crash-points.ts';
import type { ChargeOutcome, PaymentProvider, Unknown } from '../../engine/contracts/ports.ts';
import { foundCharge, keyMsMax } from '../providers/key-over.ts';
import type { Claim } from './claims.ts';

/** What a charge can end with; what was authorized is captured or given back before anybody hears of it. */
export type Charged = Exclude<ChargeOutcome, { kind: 'authorized' }>;

const amountOf = ({ amount_minor, currency }: Claim) => ({
  amount: amount_minor ?? 0,
  currency: currency ?? '',
});

/** Asks the provider for the money. The payment's id is its key there, so a repeat asks what became of it. */
export function chargeStep(provider: PaymentProvider, at: AtCrashPoint) {
  return async (claim: Claim): Promise<Charged> => {
    // Whoever slept through its lease asks nobody: another may have been asked since.
    if (performance.now() >= claim.leaseUntilMs) return late;
    // No provider takes a charge of nothing, and nothing is owed.
    if (claim.amount_minor === 0) return { kind: 'captured', providerReference: claim.payment_id };
    if (claim.was_asked !== null && Date.now() - claim.created_at.getTime() > keyMsMax) {
      const found = await foundCharge(provider.find, {
        paymentId: claim.payment_id,
        providerReference: null,
      });
      at('charge:answered');
      if (found.kind !== 'none') return take(provider, claim, found, at);
    }
    const charged = await provider.charge({
      paymentId: claim.payment_id,
      amount: amountOf(claim),
      paymentToken: claim.payment_tokens?.[claim.asked] ?? claim.payment_token ?? '',
      reference: claim.order_number,
      keyOverAtMs: claim.key_over_at?.getTime() ?? null,
      answerByMs: claim.leaseUntilMs,
    });
    at('charge:answered');
    return take(provider, claim, charged, at);
  };
}

/** Asks what became of a charge whose buyer had a part to do; when their time is up, it is called off. */
export function afterBuyer(provider: PaymentProvider, at: AtCrashPoint) {
  return async (claim: Claim): Promise<Charged> => {
    const payment = { paymentId: claim.payment_id, providerReference: claim.provider_reference };
    const found = await provider.find(payment);
    at('action:answered');
    if (found.kind === 'none') return { kind: 'unknown', reason: 'the provider does not know it any more' };
    if (found.kind === 'voided') {
      const { providerReference } = found;
      return { kind: 'declined', declineCode: 'authentication_required', providerReference };
    }
    if (found.kind !== 'requires_action') return take(provider, claim, found, at);
    if ((claim.action_until?.getTime() ?? 0) > Date.now()) return found;
    return giveBack(provider, claim, found.providerReference, 'authentication_required');
  };
}

/** Takes what was authorized, unless the order ended meanwhile: then its compensation. */
async function take(
  provider: PaymentProvider,
  claim: Claim,
  outcome: ChargeOutcome,
  at: AtCrashPoint,
): Promise<Charged> {
  if (outcome.kind !== 'authorized') return outcome;
  const { providerReference } = outcome;
  if (claim.order_status !== 'pending') return giveBack(provider, claim, providerReference, 'order_ended');
  at('capture:authorized');
  const captured = await provider.capture({
    paymentId: claim.payment_id,
    providerReference,
    amount: amountOf(claim),
    answerByMs: claim.leaseUntilMs,
  });
  at('capture:answered');
  if (captured.kind === 'captured') return { kind: 'captured', providerReference };
  if (captured.kind === 'refused') return { kind: 'declined', declineCode: captured.code, providerReference };
  return { kind: 'unknown', reason: captured.reason };
}

/** The compensation of a charge that took nothing yet: the money is free again. */
async function giveBack(
  provider: PaymentProvider,
  claim: Claim,
  providerReference: string,
  declineCode: string,
): Promise<Charged> {
  const voided = await provider.void({ paymentId: claim.payment_id, providerReference });
  if (voided.kind === 'voided') return { kind: 'declined', declineCode, providerReference };
  const reason = voided.kind === 'refused' ? `it could not be called off: ${voided.code}` : voided.reason;
  return { kind: 'unknown', reason };
}

const late: Unknown = { kind: 'unknown', reason: 'its lease had ended' };
