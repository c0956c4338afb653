import { refuse } from '../../engine/contracts/errors.ts';
import type { BuyerOrders, KeyedOutcome } from '../../engine/contracts/fulfilment.ts';
import { isIdOf, reservationIdOf } from '../../engine/contracts/ids.ts';
import type { OrderStore } from '../../engine/contracts/ports.ts';
import { Address, Order, OrderList } from '../../engine/contracts/wire/checkout.ts';
import { MoveOrder, RequestReturn, Return } from '../../engine/contracts/wire/orders.ts';
import type { CheckoutDesk } from '../../engine/surface.ts';
import { isAbsence } from '../guard/absence.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import { PageQuery, pageReply } from './paging.ts';

export interface OrderRouteParts {
  orderStore: Pick<OrderStore, 'order' | 'orders'>;
  buyerOrders: BuyerOrders;
  desk: Pick<CheckoutDesk, 'release'>;
}

const noSuchOrder = refuse('order_not_found');

/** The answer of a request under an idempotency key, with the header that tells a repeat. */
export function keyedReply<Body extends object>(
  outcome: Extract<KeyedOutcome<Body>, { kind: 'done' }>,
): Reply {
  const headers: Record<string, string> = outcome.replayed ? { 'Idempotency-Replayed': 'true' } : {};
  return { status: outcome.status, body: outcome.body, headers };
}

export function orderRoutes({ orderStore, buyerOrders, desk }: OrderRouteParts): Route[] {
  const tag = 'orders';
  return [
    route({
      method: 'GET',
      path: '/api/v1/orders',
      tag,
      summary: "The buyer's orders, newest first",
      access: 'buyer',
      query: PageQuery,
      replies: { 200: { description: 'a page of orders', schema: OrderList } },
      answer: ({ buyerId, query }) =>
        pageReply(query, (limit, cursor) => orderStore.orders(buyerId, limit, cursor)),
    }),
    route({
      method: 'GET',
      path: '/api/v1/orders/{id}',
      tag,
      summary: 'One order of the buyer',
      access: 'buyer',
      replies: { 200: { description: 'the order', schema: Order } },
      refusals: ['order_not_found'],
      answer: async ({ buyerId, params: { id = '' } }) => {
        const order = isIdOf('ord', id) ? await orderStore.order(id, buyerId) : null;
        return order ? { status: 200, body: order } : noSuchOrder;
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/orders/{id}/shipping-address',
      tag,
      summary: 'Say where an order is to be sent',
      description:
        'Until it is processed. An order that has an address stays in its country and region, for which shipping and ' +
        'tax were paid.',
      access: 'buyer',
      body: Address,
      replies: { 200: { description: 'the order', schema: Order } },
      refusals: ['order_not_found', 'invalid_transition'],
      answer: async ({ buyerId, params: { id = '' }, body }) => {
        if (!isIdOf('ord', id)) return noSuchOrder;
        const outcome = await buyerOrders.giveAddress(id, buyerId, body);
        return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.order };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/orders/{id}/cancel',
      tag,
      summary: 'Cancel an order that was not shipped',
      description: 'What was paid is refunded in full; `refunds` tells how far that is.',
      access: 'buyer',
      asks: ['idempotency-key'],
      body: MoveOrder,
      replies: { 200: { description: 'the cancelled order', schema: Order } },
      refusals: [
        'order_not_found',
        'invalid_transition',
        'payment_in_progress',
        'idempotency_key_reused',
        'idempotency_key_in_use',
      ],
      answer: async ({ buyerId, params: { id = '' }, body, idempotencyKey }) => {
        if (!isIdOf('ord', id)) return noSuchOrder;
        const outcome = await buyerOrders.cancel(id, buyerId, body, idempotencyKey);
        if (outcome.kind === 'refused') return outcome;
        // An order that was never paid has a hold that would keep its units until its deadline.
        if (outcome.body.history.at(-1)?.from === 'pending') {
          await desk.release(reservationIdOf(id), buyerId).catch((error: unknown) => {
            if (!isAbsence(error)) throw error;
          });
        }
        return keyedReply(outcome);
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/orders/{id}/returns',
      tag,
      summary: 'Ask to send units back',
      description: 'An operator decides about it; the refund follows the approval.',
      access: 'buyer',
      asks: ['idempotency-key'],
      body: RequestReturn,
      replies: { 201: { description: 'the return, to be decided', schema: Return } },
      refusals: [
        'order_not_found',
        'invalid_transition',
        'return_window_closed',
        'idempotency_key_reused',
        'idempotency_key_in_use',
      ],
      answer: async ({ buyerId, params: { id = '' }, body, idempotencyKey }) => {
        if (!isIdOf('ord', id)) return noSuchOrder;
        const outcome = await buyerOrders.requestReturn(id, buyerId, body, idempotencyKey);
        return outcome.kind === 'refused' ? outcome : keyedReply(outcome);
      },
    }),
  ];
}
