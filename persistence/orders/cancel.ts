import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Order } from '../../engine/contracts/wire/checkout.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type LockedOrder, shownOrder } from './locked-order.ts';
import { beginRefund } from './money-back.ts';
import { type Actor, move, refusalOfMove } from './transitions.ts';

const lowerGuard = statement('lower-guard');
const oweRestock = statement('owe-restock');

/**
 * Cancels a locked order. Before it was paid its units are free at once, here; the hold in Redis is its
 * owner's to release. Afterwards what was captured is refunded, and what was sold is owed to the sale.
 */
export async function cancel(
  transaction: Postgres,
  order: LockedOrder,
  actor: Actor,
  reason: string | null,
): Promise<{ status: number; body: Order } | Refusal> {
  const refusal = refusalOfMove(order, 'cancel');
  if (refusal) return refusal;
  const isPaid = order.status !== 'pending';
  if (!isPaid && order.payment_id !== null) {
    return refuse('payment_in_progress', {
      detail: 'A payment of this order is under way; cancel once its outcome is known.',
      retryAfterSeconds: 1,
    });
  }
  await move(transaction, order, 'cancelled', actor, reason);
  const skus = order.lines.map((line) => line.sku);
  const quantities = order.lines.map((line) => line.quantity);
  if (isPaid) {
    await oweRestock(transaction, [order.order_id, order.buyer_id, order.order_id, skus, quantities]);
    if (order.refundable_minor > 0) {
      await beginRefund(transaction, order, {
        amountMinor: order.refundable_minor,
        reason: reason ?? 'The order was cancelled',
        requestedBy: actor.id ?? actor.by,
      });
    }
  } else {
    await lowerGuard(transaction, [order.sale_id, skus, quantities]);
  }
  return { status: 200, body: await shownOrder(transaction, order) };
}
