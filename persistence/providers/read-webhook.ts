import Stripe from 'stripe';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';

/** What an event of a provider is about. */
export interface ToldEvent {
  kind: 'event';
  id: string;
  type: string;
  /** Null where it names no payment, or refund, that could be ours. */
  paymentId: string | null;
  refundId: string | null;
  /** The provider's own name for the payment; null where it gives none. */
  providerReference: string | null;
}

const Name = Type.String({ minLength: 1, maxLength: 255 });
/** What Stripe tells of may have none, as a payout: null, and still an event. */
const Metadata = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]);
const Event = Compile(
  Type.Object({
    id: Name,
    type: Name,
    data: Type.Object({
      object: Type.Object({
        metadata: Type.Optional(Metadata),
        object: Type.Optional(Type.Unknown()),
        id: Type.Optional(Type.Unknown()),
        payment_intent: Type.Optional(Type.Unknown()),
      }),
    }),
  }),
);

/** What is older was sent by somebody who kept it: a provider signs each of its attempts anew. */
const toleranceSeconds = 300;

const verifier = Stripe.webhooks.signature as NonNullable<typeof Stripe.webhooks.signature>;

/**
 * Reads a webhook of Stripe, or of whoever signs as Stripe does, after its own SDK has verified the signature
 * over the very bytes. The SDK lets every time through that has not come yet, and what is signed for next year could
 * be sent again until then; so the tolerance holds both ways, as that of Standard Webhooks does.
 */
export function readWebhook(body: string, signature: string, secret: string): ToldEvent | Refusal {
  let event: unknown;
  try {
    // Not by its `constructEvent`, which throws an error of no kind at what was signed and is no event.
    verifier.verifyHeader(body, signature, secret, toleranceSeconds);
    event = JSON.parse(body);
    if (!(secondsAhead(signature) <= toleranceSeconds)) {
      return refuse('webhook_signature_invalid', { detail: 'Timestamp outside the tolerance zone.' });
    }
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
      return refuse('webhook_signature_invalid', { detail: detailOf(error) });
    }
    if (error instanceof SyntaxError) {
      return refuse('invalid_request', { status: 400, detail: 'The body is not JSON.' });
    }
    throw error;
  }
  if (!Event.Check(event)) {
    const detail = 'The body is no event: it takes id, type and data.object.';
    return refuse('invalid_request', { ...fieldOf(event), detail });
  }
  const told = event.data.object;
  const metadata = told.metadata ?? {};
  return {
    kind: 'event',
    id: event.id,
    type: event.type,
    paymentId: idIn(metadata.payment_id, 'pay'),
    refundId: idIn(metadata.refund_id, 'rfd'),
    // An intent names itself, and a charge its intent.
    providerReference: nameIn(told.object === 'payment_intent' ? told.id : told.payment_intent),
  };
}

/** How far the time that was signed lies ahead; of several the last one, which is what the SDK verifies. */
function secondsAhead(signature: string): number {
  const signedAt = signature.split(',').findLast((part) => part.startsWith('t='));
  return Number.parseInt(signedAt?.slice(2) ?? '', 10) - Date.now() / 1000;
}

/** Of what is no event, where it first is not; nowhere, where it is no object at all. */
function fieldOf(body: unknown): { field?: string } {
  const [error] = Event.Errors(body);
  const path = error?.instancePath.split('/').slice(1) ?? [];
  if (error?.keyword === 'required') path.push(error.params.requiredProperties[0] ?? '');
  return path.length === 0 ? {} : { field: path.join('.') };
}

/** The first sentence: the rest is advice about other frameworks. */
const detailOf = ({ message }: Error) => `${message.split(/[.?\n]/, 1)[0]}.`;

const nameIn = (value: unknown): string | null =>
  typeof value === 'string' && /^\w{1,255}$/.test(value) ? value : null;

const idIn = (value: unknown, prefix: string): string | null =>
  typeof value === 'string' && new RegExp(`^${prefix}_[0-9a-z]{1,64}$`).test(value) ? value : null;
