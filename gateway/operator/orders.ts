import { refuse } from '../../engine/contracts/errors.ts';
import type { Fulfilment } from '../../engine/contracts/fulfilment.ts';
import { isIdOf } from '../../engine/contracts/ids.ts';
import { Order } from '../../engine/contracts/wire/checkout.ts';
import { MoveOrder, Refund, RequestRefund } from '../../engine/contracts/wire/orders.ts';
import { type Route, route } from '../http/route.ts';
import { keyedReply } from '../routes/orders.ts';

const tag = 'orders';
const root = '/api/v1/admin';

const moves = {
  process: 'Begin with an order: it can be sent now',
  ship: 'An order was sent',
  deliver: 'An order has arrived',
} as const;

const decisions = {
  approve: 'Take units back: they go on sale again, and their price back to the buyer',
  reject: 'Refuse a return; its units may be asked for again',
} as const;

/** What an operator does with orders. */
export function fulfilmentRoutes(fulfilment: Fulfilment): Route[] {
  return [
    ...(Object.keys(moves) as (keyof typeof moves)[]).map((name) =>
      route({
        method: 'POST',
        path: `${root}/orders/{id}/${name}`,
        tag,
        summary: moves[name],
        access: 'admin',
        body: MoveOrder,
        replies: { 200: { description: 'the order', schema: Order } },
        refusals: [
          'order_not_found',
          'invalid_transition',
          ...(name === 'process' ? (['address_required'] as const) : []),
        ],
        answer: async ({ buyerId, params: { id = '' }, body }) => {
          if (!isIdOf('ord', id)) return refuse('order_not_found');
          const outcome = await fulfilment.move(id, name, buyerId, body.reason ?? null);
          return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.order };
        },
      }),
    ),
    route({
      method: 'POST',
      path: `${root}/orders/{id}/refunds`,
      tag,
      summary: 'Pay money back, all that is left or a part of it',
      description: 'It is on its way when this answers; the `refunds` of the order tell how far.',
      access: 'admin',
      asks: ['idempotency-key'],
      body: RequestRefund,
      replies: { 201: { description: 'the refund', schema: Refund } },
      refusals: [
        'order_not_found',
        'invalid_transition',
        'refund_exceeds_captured',
        'idempotency_key_reused',
        'idempotency_key_in_use',
      ],
      answer: async ({ buyerId, params: { id = '' }, body, idempotencyKey }) => {
        if (!isIdOf('ord', id)) return refuse('order_not_found');
        const outcome = await fulfilment.refund(id, buyerId, body, idempotencyKey);
        return outcome.kind === 'refused' ? outcome : keyedReply(outcome);
      },
    }),
    ...(Object.keys(decisions) as (keyof typeof decisions)[]).map((decision) =>
      route({
        method: 'POST',
        path: `${root}/returns/{id}/${decision}`,
        tag,
        summary: decisions[decision],
        access: 'admin',
        body: MoveOrder,
        replies: { 200: { description: 'the order of the return', schema: Order } },
        refusals: ['return_not_found', 'order_not_found', 'invalid_transition'],
        answer: async ({ buyerId, params: { id = '' }, body }) => {
          const outcome = await fulfilment.decideReturn(id, decision, buyerId, body.reason ?? null);
          return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.order };
        },
      }),
    ),
  ];
}
