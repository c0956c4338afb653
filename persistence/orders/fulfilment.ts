import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Fulfilment } from '../../engine/contracts/fulfilment.ts';
import type { OrderId } from '../../engine/contracts/ids.ts';
import { orderMoves } from '../../engine/contracts/states.ts';
import type { Order } from '../../engine/contracts/wire/checkout.ts';
import type { Refund, RequestRefund } from '../../engine/contracts/wire/orders.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { decideReturn } from './decide-return.ts';
import { buyerOf, type LockedOrder, lockOrder, shownOrder } from './locked-order.ts';
import { beginRefund } from './money-back.ts';
import { invalidTransition, move, refusalOfMove } from './transitions.ts';
import { changesUnderKeys } from './under-key.ts';

const findReturn = statement<{ buyer_id: string; order_id: OrderId }>('find-return');

/** What operators do with orders; the plans of `on` go through keys. */
export function fulfilmentOn(on: PostgresPool): Fulfilment {
  const underKey = changesUnderKeys(on);

  const change = (
    orderId: OrderId,
    buyerId: string,
    work: (transaction: Postgres, order: LockedOrder) => Promise<Refusal | null>,
  ): Promise<{ kind: 'done'; order: Order } | Refusal> =>
    inTransaction(on, async (transaction) => {
      const order = await lockOrder(transaction, orderId, buyerId);
      if (!order) return refuse('order_not_found');
      const refusal = await work(transaction, order);
      return refusal ?? { kind: 'done', order: await shownOrder(transaction, order) };
    });

  return {
    async move(orderId, name, operatorId, reason) {
      const buyerId = await buyerOf(on, orderId);
      if (buyerId === null) return refuse('order_not_found');
      return change(orderId, buyerId, async (transaction, order) => {
        const refusal = refusalOfMove(order, name);
        if (refusal) return refusal;
        if (name === 'process' && !order.has_address) return refuse('address_required');
        await move(transaction, order, orderMoves[name], { by: 'operator', id: operatorId }, reason);
        return null;
      });
    },

    async refund(orderId, operatorId, request, key) {
      const buyerId = await buyerOf(on, orderId);
      if (buyerId === null) return refuse('order_not_found');
      const { amount, reason } = request;
      const content = [
        typeof amount === 'object' ? [amount.amount, amount.currency] : (amount ?? null),
        reason,
      ];
      return underKey<Refund>(
        { callerId: operatorId, operation: 'refund', key, orderId, buyerId, content },
        (transaction, order) => refund(transaction, order, operatorId, request),
      );
    },

    async decideReturn(returnId, decision, operatorId, reason) {
      const [found] = await findReturn(on, [returnId]);
      if (!found) return refuse('return_not_found');
      const actor = { by: 'operator' as const, id: operatorId };
      return change(found.order_id, found.buyer_id, (transaction, order) =>
        decideReturn(transaction, order, returnId, decision, actor, reason),
      );
    },
  };
}

async function refund(
  transaction: Postgres,
  order: LockedOrder,
  operatorId: string,
  { amount, reason }: RequestRefund,
): Promise<{ status: number; body: Refund } | Refusal> {
  const left = order.refundable_minor;
  if (order.payment_state !== 'captured' || left === 0) {
    return invalidTransition(order.status, `The order is ${order.status}, and nothing is left to pay back.`);
  }
  const { currency } = order;
  if (typeof amount === 'object' && amount.currency !== currency) {
    const detail = `The order was paid in ${currency}.`;
    return refuse('invalid_request', { field: 'amount.currency', detail });
  }
  const amountMinor = typeof amount === 'object' ? amount.amount : (amount ?? left);
  if (amountMinor === 0) {
    return refuse('invalid_request', { field: 'amount.amount', detail: 'A refund is of something.' });
  }
  if (amountMinor > left) {
    return refuse('refund_exceeds_captured', { members: { refundable: { amount: left, currency } } });
  }
  const begun = await beginRefund(transaction, order, { amountMinor, reason, requestedBy: operatorId });
  return {
    status: 201,
    body: {
      refundId: begun.refundId,
      status: 'initiated',
      amount: { amount: amountMinor, currency },
      reason,
      returnId: null,
      createdAt: begun.createdAt.toISOString(),
      settledAt: null,
    },
  };
}
