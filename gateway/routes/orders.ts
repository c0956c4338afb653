import { refuse } from '../../engine/contracts/errors.ts';
import { isIdOf } from '../../engine/contracts/ids.ts';
import type { OrderStore } from '../../engine/contracts/ports.ts';
import { Order, OrderList } from '../../engine/contracts/wire/checkout.ts';
import { type Route, route } from '../http/route.ts';
import { PageQuery } from './sales.ts';

export function orderRoutes(store: Pick<OrderStore, 'order' | 'orders'>): Route[] {
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
      answer: async ({ buyerId, query }) => ({
        status: 200,
        body: await store.orders(buyerId, query.limit ?? 20, query.cursor ?? null),
      }),
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
        const order = isIdOf('ord', id) ? await store.order(id, buyerId) : null;
        return order ? { status: 200, body: order } : refuse('order_not_found');
      },
    }),
  ];
}
