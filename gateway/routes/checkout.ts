import Type from 'typebox';
import { refuse } from '../../engine/contracts/errors.ts';
import { isIdOf } from '../../engine/contracts/ids.ts';
import {
  Checkout,
  OrderConfirmed,
  OrderPending,
  OrderRequiresAction,
  PatchCheckout,
  Pay,
} from '../../engine/contracts/wire/checkout.ts';
import type { CheckoutDesk } from '../../engine/surface.ts';
import { type Route, route } from '../http/route.ts';
import type { PaymentCounter } from './pay.ts';

export function checkoutRoutes(desk: CheckoutDesk, counter: PaymentCounter): Route[] {
  const tag = 'checkout';
  return [
    route({
      method: 'GET',
      path: '/api/v1/checkout/{checkoutId}',
      tag,
      summary: 'What is to be paid',
      access: 'buyer',
      replies: { 200: { description: 'the checkout', schema: Checkout } },
      refusals: ['checkout_not_found'],
      answer: async ({ buyerId, params: { checkoutId = '' } }) => {
        if (!isIdOf('chk', checkoutId)) return refuse('checkout_not_found');
        const outcome = await desk.checkout(checkoutId, buyerId);
        return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.checkout };
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/checkout/{checkoutId}',
      tag,
      summary: 'Say where it is to be sent and which coupon counts, and see what that costs',
      description:
        'Until paying. What is not named stays as it was, null takes it back. The price that is answered is what is ' +
        'charged, as long as `priceLockedUntil` says.',
      access: 'buyer',
      body: PatchCheckout,
      replies: { 200: { description: 'the checkout at its new price', schema: Checkout } },
      refusals: [
        'checkout_not_found',
        'reservation_expired',
        'payment_in_progress',
        'already_paid',
        'invalid_transition',
        'coupon_not_applicable',
        'coupon_used_up',
      ],
      answer: async ({ buyerId, params: { checkoutId = '' }, body }) => {
        if (!isIdOf('chk', checkoutId)) return refuse('checkout_not_found');
        const outcome = await desk.reprice(checkoutId, buyerId, body);
        return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.checkout };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/checkout/{checkoutId}/pay',
      tag,
      summary: 'Pay',
      description:
        'Answers 202 once the order is durable. With `Prefer: wait=N` it waits for the outcome: 201 confirmed, or ' +
        '402 declined. A declined checkout can be paid with another card and a new key while the hold lasts. With ' +
        '`expectedTotal` no more than that is charged, and less where it costs less; without it, no more than the ' +
        '`total` of the `purchaseToken`, or without that what was said last.',
      access: 'buyer',
      asks: ['idempotency-key', 'prefer'],
      body: Pay,
      replies: {
        201: { description: 'confirmed: committed before it is said', schema: OrderConfirmed },
        202: {
          description: 'durable, and not decided; `requires_action`: the buyer has a part to do first',
          schema: Type.Union([OrderPending, OrderRequiresAction]),
          headers: ['Location', 'Retry-After'],
        },
      },
      refusals: [
        'checkout_not_found',
        'reservation_expired',
        'purchase_token_invalid',
        'purchase_token_not_yours',
        'payment_declined',
        'payment_in_progress',
        'payment_abandoned',
        'payment_unavailable',
        'price_changed',
        'already_paid',
        'idempotency_key_in_use',
        'idempotency_key_reused',
      ],
      answer: ({ requestId, buyerId, principal, params, idempotencyKey, body, waitSeconds }) => {
        const { checkoutId = '' } = params;
        const email = principal?.email ?? null;
        return counter.pay({ requestId, checkoutId, buyerId, email, idempotencyKey, body, waitSeconds });
      },
    }),
  ];
}
