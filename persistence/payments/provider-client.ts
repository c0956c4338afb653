import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  circuitBreaker,
  handleWhenResult,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import type { ChargeOutcome, ChargeRequest, PaymentProvider } from '../../engine/contracts/ports.ts';
import { outcomeOfAnswer, outcomeOfIntent, type ProviderIntent } from './charge-outcome.ts';
import { askProvider, type ProviderAnswer } from './provider-request.ts';

export interface ProviderOptions {
  /** How long an answer is waited for; afterwards its effect is unknown. */
  timeoutMs: number;
  /** Charges on their way at once; what is more waits its turn. */
  atOnceMax: number;
}

const defaults: ProviderOptions = { timeoutMs: 5_000, atOnceMax: 256 };

/**
 * A provider that speaks Stripe's payment intents, charged in one request: `POST /v1/payment_intents`. The
 * payment's id is the idempotency key, so a repeat is answered with what the first request did.
 */
export function createProviderClient(
  providerUrl: string,
  options: Partial<ProviderOptions> = {},
): PaymentProvider {
  const { timeoutMs, atOnceMax } = { ...defaults, ...options };
  const base = providerUrl.endsWith('/') ? providerUrl : `${providerUrl}/`;
  const intentsUrl = new URL('v1/payment_intents', base);
  const agent =
    intentsUrl.protocol === 'https:'
      ? new SecureAgent({ keepAlive: true, maxSockets: atOnceMax })
      : new Agent({ keepAlive: true, maxSockets: atOnceMax });
  // One card that cannot be charged says nothing about the next; a provider that takes in nobody does.
  const breaker = circuitBreaker(
    handleWhenResult((outcome) => (outcome as ChargeOutcome).kind === 'unavailable'),
    {
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 5_000, minimumRps: 2 }),
      halfOpenAfter: 1_000,
    },
  );
  const guarded = wrap(bulkhead(atOnceMax, 100_000), breaker);

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const form = new URLSearchParams({
      amount: String(request.amount.amount),
      currency: request.amount.currency.toLowerCase(),
      payment_method: request.paymentToken,
      confirm: 'true',
      'metadata[reference]': request.reference,
    });
    const headers = { 'Idempotency-Key': request.paymentId };
    let answer: ProviderAnswer;
    try {
      answer = await askProvider({ url: intentsUrl, method: 'POST', headers, form, agent, timeoutMs });
    } catch (error) {
      return outcomeOfSilence(error);
    }
    return isOver(answer) ? lookUp(request.paymentId) : outcomeOfAnswer(answer);
  }

  /** What the provider holds under a key whose request is over. */
  async function lookUp(paymentId: string): Promise<ChargeOutcome> {
    const url = new URL(intentsUrl);
    url.searchParams.set('idempotency_key', paymentId);
    try {
      const answer = await askProvider({ url, method: 'GET', agent, timeoutMs });
      const intents = (answer.body as { data?: ProviderIntent[] } | null)?.data;
      if (answer.status !== 200 || !intents) return outcomeOfAnswer({ ...answer, status: 500 });
      const [intent] = intents;
      return intent
        ? outcomeOfIntent(intent)
        : { kind: 'declined', declineCode: 'provider_error', providerReference: null };
    } catch (error) {
      return { kind: 'unknown', reason: (error as Error).message };
    }
  }

  return {
    name: 'primary',
    async charge(request) {
      try {
        return await guarded.execute(() => charge(request));
      } catch (error) {
        if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError) {
          return { kind: 'unavailable', reason: error.message };
        }
        throw error;
      }
    },
  };
}

/**
 * A failure that is repeated for its key is over, and so is a key that is taken by another request: asking
 * again changes nothing, and only the provider's own list knows what was done.
 */
function isOver({ status, headers, body }: ProviderAnswer): boolean {
  if (status >= 500) return headers['idempotent-replayed'] === 'true';
  return (body as { error?: { type?: string } } | null)?.error?.type === 'idempotency_error';
}

function outcomeOfSilence(error: unknown): ChargeOutcome {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    return { kind: 'unavailable', reason: `the provider cannot be reached: ${message}` };
  }
  return { kind: 'unknown', reason: message };
}
