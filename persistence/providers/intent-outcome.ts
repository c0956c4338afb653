import type {
  CaptureOutcome,
  ChargeOutcome,
  FoundPayment,
  ProviderUnavailable,
  RefundOutcome,
  Unknown,
  VoidOutcome,
} from '../../engine/contracts/ports.ts';

/** A payment intent as Stripe's API writes it, as far as it decides an outcome. */
export interface ProviderIntent {
  id: string;
  status: string;
  last_payment_error?: { code?: string | undefined; decline_code?: string | undefined } | null;
  next_action?: { redirect_to_url?: { url?: string | null } | null } | null;
}

/** Refunds as Stripe's API lists them, newest first, as far as they say which is which. */
export interface ProviderRefundList {
  data: { id: string; status?: string | null; metadata?: Record<string, string> | null }[];
  has_more?: boolean;
}

/** What a provider says when it does not do what it was asked for. */
export interface ProviderError {
  status: number;
  type: string | null;
  code: string | null;
  declineCode: string | null;
  intent: ProviderIntent | null;
}

type Standing = Exclude<FoundPayment, { kind: 'none' } | ProviderUnavailable>;

/** Reads where an intent stands. */
export function standingOf(intent: ProviderIntent): Standing {
  const providerReference = intent.id;
  switch (intent.status) {
    case 'succeeded':
      return { kind: 'captured', providerReference };
    case 'requires_capture':
      return { kind: 'authorized', providerReference };
    case 'canceled':
      return { kind: 'voided', providerReference };
    case 'requires_action': {
      const url = intent.next_action?.redirect_to_url?.url;
      if (url) return { kind: 'requires_action', url, providerReference };
      // Something that only the provider's own pages can ask of a buyer.
      return { kind: 'declined', declineCode: 'authentication_required', providerReference };
    }
    case 'requires_payment_method': {
      const error = intent.last_payment_error;
      const declineCode = error?.decline_code ?? error?.code ?? 'card_declined';
      return { kind: 'declined', declineCode, providerReference };
    }
    default:
      return { kind: 'unknown', reason: `the provider's intent is ${intent.status}` };
  }
}

/** The same for a charge: one that was given back without being taken is a refusal. */
export function chargeOutcomeOf(intent: ProviderIntent): ChargeOutcome {
  const standing = standingOf(intent);
  if (standing.kind !== 'voided') return standing;
  return { kind: 'declined', declineCode: 'canceled', providerReference: intent.id };
}

/** Turned away at the door: certain not to have had an effect. */
const refusesToWork = new Set([401, 403, 429]);

/**
 * A provider that failed may have acted first, so 5xx is *unknown*; one that turned the request away at the
 * door is certain not to have.
 */
export function withoutAnswer({ status }: ProviderError): Unknown | ProviderUnavailable {
  const reason = `the provider answered ${status}`;
  return refusesToWork.has(status) ? { kind: 'unavailable', reason } : { kind: 'unknown', reason };
}

const refuses = ({ status }: ProviderError) => status === 400 || status === 402 || status === 404;

/** Why a charge was not taken. */
export function chargeRefused(error: ProviderError): ChargeOutcome {
  if (!refuses(error)) return withoutAnswer(error);
  return {
    kind: 'declined',
    declineCode: error.declineCode ?? error.code ?? error.type ?? 'provider_rejected',
    providerReference: error.intent?.id ?? null,
  };
}

const codeOf = (error: ProviderError) => error.code ?? error.type ?? 'provider_rejected';

/** A repeat of a capture meets what it did itself. */
export function captureRefused(error: ProviderError): CaptureOutcome {
  if (error.intent?.status === 'succeeded') return { kind: 'captured' };
  return refuses(error) ? { kind: 'refused', code: codeOf(error) } : withoutAnswer(error);
}

export function voidRefused(error: ProviderError): VoidOutcome {
  if (error.intent?.status === 'canceled') return { kind: 'voided' };
  return refuses(error) ? { kind: 'refused', code: codeOf(error) } : withoutAnswer(error);
}

/** Reads where a refund stands. Paid back is what the provider calls so, and nothing else. */
export function refundOutcomeOf(refund: { id: string; status?: string | null }): RefundOutcome {
  const { id: providerRefundReference, status } = refund;
  if (status === 'succeeded') return { kind: 'refunded', providerRefundReference };
  if (status === 'failed' || status === 'canceled') return { kind: 'refused', code: status };
  return { kind: 'pending', providerRefundReference };
}

export const refundRefused = (error: ProviderError): RefundOutcome =>
  refuses(error) ? { kind: 'refused', code: codeOf(error) } : refundUntold(error);

/** Nothing was said about a refund. Whoever can say that it knows none, or takes no such question, is there. */
export function refundUntold(error: ProviderError): RefundOutcome {
  const outcome = withoutAnswer(error);
  return error.status >= 400 && error.status < 500 ? { ...outcome, isOfThisAlone: true } : outcome;
}

/** A provider that does not know its own name for a payment knows none; one that has no list says nothing. */
export const findRefused = (error: ProviderError, providerReference: string | null): FoundPayment =>
  error.status === 404 && providerReference !== null ? { kind: 'none' } : withoutAnswer(error);

/** No answer came. Where no connection was made, nothing was sent either. */
export function silence(error: unknown): Unknown | ProviderUnavailable {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    return { kind: 'unavailable', reason: `the provider cannot be reached: ${message}` };
  }
  return { kind: 'unknown', reason: message };
}
