import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import Stripe from 'stripe';
import type { PaymentId } from '../../engine/contracts/ids.ts';
import type {
  ChargeOutcome,
  ChargeRequest,
  FoundPayment,
  PaymentProvider,
  ProviderPayment,
} from '../../engine/contracts/ports.ts';
import {
  captureRefused,
  chargeRefused,
  findRefused,
  type ProviderError,
  refundOutcomeOf,
  refundRefused,
  refundUntold,
  silence,
  standingOf,
  voidRefused,
} from './intent-outcome.ts';
import { outcomeOfAnswer, outcomeOfList, referenceOf } from './key-over.ts';
import type { AdapterOptions } from './options.ts';
import { amountDeclined, amountRefused, stripeAmount } from './stripe-amounts.ts';

/**
 * Stripe through its own SDK. It never repeats by itself: whether a repeat makes sense is decided by the
 * saga, which keeps the outcome *unknown* meanwhile.
 */
export function stripeProvider(options: AdapterOptions): PaymentProvider {
  const { name, url, timeoutMs, atOnceMax, listLagMs } = options;
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  const stripe = new Stripe(options.apiKey ?? '', {
    host: hostname,
    protocol: isSecure ? 'https' : 'http',
    ...(port === '' ? {} : { port }),
    httpAgent: new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: atOnceMax }),
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  });
  const intents = stripe.paymentIntents;

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const { paymentId, amount, paymentToken, reference } = request;
    const units = stripeAmount(amount);
    if (units === null) return amountDeclined;
    try {
      const intent = await intents.create(
        {
          amount: units,
          currency: amount.currency.toLowerCase(),
          payment_method_data: cardOf(paymentToken),
          automatic_payment_methods: {
            enabled: true,
            allow_redirects: options.returnUrl === undefined ? 'never' : 'always',
          },
          confirm: true,
          capture_method: options.captureMethod,
          ...(options.returnUrl === undefined ? {} : { return_url: options.returnUrl }),
          metadata: { reference, payment_id: paymentId },
        },
        { idempotencyKey: paymentId },
      );
      return await outcomeOfAnswer(find, paymentId, intent);
    } catch (error) {
      if (isOver(error)) return outcomeOfList(find, request, listLagMs);
      return outcomeOf(error, chargeRefused);
    }
  }

  async function find({ paymentId, providerReference }: ProviderPayment): Promise<FoundPayment> {
    try {
      const reference = providerReference ?? (await searchFor(paymentId));
      return reference === undefined ? { kind: 'none' } : standingOf(await intents.retrieve(reference));
    } catch (error) {
      return outcomeOf(error, (refused) => findRefused(refused, providerReference));
    }
  }

  /** The name alone: how it stands, the search may not have heard yet. */
  async function searchFor(paymentId: PaymentId): Promise<string | undefined> {
    const { data } = await intents.search({ query: `metadata['payment_id']:'${paymentId}'`, limit: 1 });
    return data[0]?.id;
  }

  return {
    name,
    charge,
    find,

    async capture(payment) {
      const reference = await referenceOf(find, payment);
      if (typeof reference !== 'string') return reference;
      try {
        await intents.capture(reference, {}, { idempotencyKey: `${payment.paymentId}-capture` });
        return { kind: 'captured' };
      } catch (error) {
        return outcomeOf(error, captureRefused);
      }
    },

    async void(payment) {
      const reference = await referenceOf(find, payment);
      if (typeof reference !== 'string') return reference;
      try {
        await intents.cancel(reference, {}, { idempotencyKey: `${payment.paymentId}-void` });
        return { kind: 'voided' };
      } catch (error) {
        return outcomeOf(error, voidRefused);
      }
    },

    async refund({ refundId, paymentId, providerReference, amount, reason }) {
      const units = stripeAmount(amount);
      if (units === null) return amountRefused;
      try {
        const refund = await stripe.refunds.create(
          {
            payment_intent: providerReference,
            amount: units,
            metadata: { payment_id: paymentId, refund_id: refundId, reason },
          },
          { idempotencyKey: refundId },
        );
        return refundOutcomeOf(refund);
      } catch (error) {
        return outcomeOf(error, refundRefused);
      }
    },

    async findRefund({ refundId, providerReference, providerRefundReference }) {
      try {
        if (providerRefundReference !== null) {
          return refundOutcomeOf(await stripe.refunds.retrieve(providerRefundReference));
        }
        for await (const refund of stripe.refunds.list({ payment_intent: providerReference, limit: 100 })) {
          if (refund.metadata?.refund_id === refundId) return refundOutcomeOf(refund);
        }
        return { kind: 'none' };
      } catch (error) {
        return outcomeOf(error, refundUntold);
      }
    },
  };
}

/** The API takes a token that a browser made of a card; the SDK's types leave it out. */
const cardOf = (token: string) =>
  ({ type: 'card', card: { token } }) as Stripe.PaymentIntentCreateParams.PaymentMethodData;

/** What an error of the SDK says about the effect. Anything that is none of its errors is a bug, and thrown on. */
function outcomeOf<O>(error: unknown, refused: (error: ProviderError) => O) {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  if (error.statusCode !== undefined) return refused(providerError(error));
  // The socket's own error is what the SDK keeps as its detail.
  const { detail } = error as { detail?: string | Error };
  return silence(detail instanceof Error ? detail : error);
}

const providerError = (error: Stripe.errors.StripeError): ProviderError => ({
  status: error.statusCode ?? 0,
  type: error.rawType ?? error.type,
  code: error.code ?? null,
  declineCode: error.decline_code ?? null,
  intent: error.payment_intent ?? null,
});

function isOver(error: unknown): boolean {
  if (error instanceof Stripe.errors.StripeIdempotencyError) return true;
  return (
    error instanceof Stripe.errors.StripeError &&
    (error.statusCode ?? 0) >= 500 &&
    error.headers?.['idempotent-replayed'] === 'true'
  );
}
