import Type from 'typebox';
import type { ProviderEvents } from '../../engine/contracts/provider-events.ts';
import { reply } from '../../engine/contracts/wire/common.ts';
import { type Route, route } from '../http/route.ts';

const Received = reply({ received: Type.Literal(true) });

/** Where payment providers tell what happened by themselves. */
export function paymentWebhookRoute(events: ProviderEvents): Route {
  return route({
    method: 'POST',
    path: '/api/v1/webhooks/payments/{provider}',
    tag: 'webhooks',
    summary: 'An event of a payment provider',
    description:
      'Signed as Stripe signs. 200 once it is durable, also for a repeat. It decides nothing: what it is about ' +
      'is asked of the provider, so events may come late, twice and in any order.',
    access: 'public',
    // All buyers' events come from a provider's few addresses, and a forged one costs less than counting it.
    isAddressLimited: false,
    asks: ['stripe-signature'],
    rawBody: "an event in Stripe's shape; `data.object.metadata` names the payment or refund",
    replies: { 200: { description: 'taken, now or before', schema: Received } },
    refusals: ['provider_not_found', 'webhook_signature_invalid', 'invalid_request'],
    answer: async ({ params: { provider = '' }, rawBody, signature }) => {
      const outcome = await events.take(provider, rawBody, signature);
      return outcome.kind === 'refused' ? outcome : { status: 200, body: { received: true } };
    },
  });
}
