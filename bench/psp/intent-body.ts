import type { Intent } from './charge-book.ts';

/** A payment intent in Stripe's shape, as far as the simulator has something to say. `origin` is its own. */
export function intentBody(intent: Intent, origin: string) {
  const { amount, captureMethod, currency, metadata, paymentMethod } = intent.charge;
  return {
    id: intent.id,
    object: 'payment_intent',
    amount,
    amount_capturable: intent.status === 'requires_capture' ? amount : 0,
    amount_received: intent.status === 'succeeded' ? amount : 0,
    capture_method: captureMethod,
    created: intent.createdSeconds,
    currency: currency.toLowerCase(),
    last_payment_error: intent.declineCode === null ? null : cardError(intent.declineCode),
    latest_charge: intent.status === 'requires_action' ? null : `ch_${intent.id.slice(3)}`,
    livemode: false,
    metadata,
    next_action:
      intent.status === 'requires_action'
        ? {
            type: 'redirect_to_url',
            redirect_to_url: { url: `${origin}/3ds/${intent.id}`, return_url: null },
          }
        : null,
    payment_method: paymentMethod,
    status: intent.status,
  };
}

/** Newest first; the simulator's lists are short, so there is never a second page. */
export const listBody = (url: string, data: readonly object[]) => ({
  object: 'list',
  url,
  has_more: false,
  data,
});

/** The body of a 402. */
export const declineBody = (intent: Intent, declineCode: string, origin: string) => ({
  error: { ...cardError(declineCode), payment_intent: intentBody(intent, origin) },
});

/** Any other error body; `type` is one of Stripe's. */
export const errorBody = (
  type: 'api_error' | 'idempotency_error' | 'invalid_request_error',
  message: string,
  details: { code?: string; param?: string } = {},
) => ({ error: { type, message, ...details } });

const cardError = (declineCode: string) => ({
  type: 'card_error',
  code: 'card_declined',
  decline_code: declineCode,
  message: 'Your card was declined.',
});
