import { refuse } from '../../engine/contracts/errors.ts';
import { canonicalItems } from '../../engine/contracts/events.ts';
import type { BuyerOrders } from '../../engine/contracts/fulfilment.ts';
import type { Order } from '../../engine/contracts/wire/checkout.ts';
import type { Return } from '../../engine/contracts/wire/orders.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { cancel } from './cancel.ts';
import { lockOrder, shownOrder } from './locked-order.ts';
import { requestReturn } from './request-return.ts';
import { invalidTransition } from './transitions.ts';
import { changesUnderKeys } from './under-key.ts';

const recordAddress = statement<{ order_id: string }>('give-address');

/** What buyers do with their own orders; the plans of `on` go through keys. */
export function buyerOrdersOn(on: PostgresPool, returnWindowMs: number): BuyerOrders {
  const underKey = changesUnderKeys(on);
  return {
    cancel: (orderId, buyerId, { reason = null }: { reason?: string | null }, key) =>
      underKey<Order>(
        { callerId: buyerId, operation: 'cancel', key, orderId, buyerId, content: [reason] },
        (transaction, order) => cancel(transaction, order, { by: 'buyer', id: null }, reason),
      ),

    requestReturn(orderId, buyerId, request, key) {
      const content = [
        canonicalItems(request.items).map(({ sku, quantity }) => [sku, quantity]),
        request.reason,
      ];
      return underKey<Return>(
        { callerId: buyerId, operation: 'return', key, orderId, buyerId, content },
        (transaction, order) => requestReturn(transaction, order, request, returnWindowMs),
      );
    },

    giveAddress: (orderId, buyerId, address) =>
      inTransaction(on, async (transaction) => {
        const order = await lockOrder(transaction, orderId, buyerId);
        if (!order) return refuse('order_not_found');
        if (order.status !== 'pending' && order.status !== 'confirmed') {
          return invalidTransition(order.status);
        }
        const [given] = await recordAddress(transaction, [buyerId, orderId, JSON.stringify(address)]);
        if (!given) {
          return refuse('invalid_request', {
            field: 'country',
            detail:
              'An order stays in the country and region of its address, for which shipping and tax were paid; cancel it, and order anew.',
          });
        }
        return { kind: 'done', order: await shownOrder(transaction, order) };
      }),
  };
}
