import type { ChargeOutcome } from '../../engine/contracts/ports.ts';
import type { ProviderAnswer } from './provider-request.ts';

/** A payment intent as Stripe's API writes it, as far as it decides an outcome. */
export interface ProviderIntent {
  id: string;
  status: string;
  last_payment_error?: { code?: string; decline_code?: string } | null;
}

interface ProviderError {
  code?: string;
  decline_code?: string;
  type?: string;
  message?: string;
  payment_intent?: { id?: string };
}

/** Reads where an intent stands; the buyer's own part in 3-D Secure is not asked for yet. */
export function outcomeOfIntent(intent: ProviderIntent): ChargeOutcome {
  if (intent.status === 'succeeded') return { kind: 'captured', providerReference: intent.id };
  if (intent.status === 'requires_action') {
    return { kind: 'declined', declineCode: 'authentication_required', providerReference: intent.id };
  }
  if (intent.status === 'requires_payment_method' || intent.status === 'canceled') {
    const error = intent.last_payment_error;
    const declineCode = error?.decline_code ?? error?.code ?? 'card_declined';
    return { kind: 'declined', declineCode, providerReference: intent.id };
  }
  return { kind: 'unknown', reason: `the provider's intent is ${intent.status}` };
}

/**
 * Reads the answer to a charge. A provider that failed may have charged first, so 5xx is *unknown*; one
 * that turned the request away at the door (4xx) is certain not to have.
 */
export function outcomeOfAnswer({ status, body }: ProviderAnswer): ChargeOutcome {
  if (status === 200 && isIntent(body)) return outcomeOfIntent(body);
  const error: ProviderError = (body as { error?: ProviderError } | null)?.error ?? {};
  if (status === 402 || status === 400 || status === 404) {
    return {
      kind: 'declined',
      declineCode: error.decline_code ?? error.code ?? error.type ?? 'provider_rejected',
      providerReference: error.payment_intent?.id ?? null,
    };
  }
  if (status === 429 || status === 401 || status === 403) {
    return { kind: 'unavailable', reason: `the provider answered ${status}` };
  }
  return { kind: 'unknown', reason: `the provider answered ${status}` };
}

const isIntent = (body: unknown): body is ProviderIntent =>
  typeof (body as ProviderIntent | null)?.id === 'string' &&
  typeof (body as ProviderIntent | null)?.status === 'string';
