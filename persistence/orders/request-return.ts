import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import { canMove, type OrderState, orderStates } from '../../engine/contracts/states.ts';
import type { RequestReturn, Return } from '../../engine/contracts/wire/orders.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { LockedOrder } from './locked-order.ts';
import { invalidTransition } from './transitions.ts';

const askForReturn = statement<{ created_at: Date }>('ask-for-return');

/** Asks to send units of a locked order back. Until it is decided, they count as returned. */
export async function requestReturn(
  transaction: Postgres,
  order: LockedOrder,
  { items, reason }: RequestReturn,
  returnWindowMs: number,
): Promise<{ status: number; body: Return } | Refusal> {
  if (!canMove<OrderState>(orderStates, order.status, 'returned')) {
    return invalidTransition(
      order.status,
      `The order is ${order.status}: only what was sent out comes back.`,
    );
  }
  const lateMs = order.delivered_ms_ago === null ? 0 : order.delivered_ms_ago - returnWindowMs;
  if (lateMs > 0) {
    const closedAt = new Date(Date.now() - lateMs).toISOString();
    return refuse('return_window_closed', { members: { closedAt } });
  }
  const refusal = refusalOfItems(order, items);
  if (refusal) return refusal;
  const returnId = newId('ret');
  const [asked] = await askForReturn(transaction, [
    returnId,
    order.buyer_id,
    order.order_id,
    reason,
    items.map((item) => item.sku),
    items.map((item) => item.quantity),
  ]);
  const createdAt = (asked as { created_at: Date }).created_at.toISOString();
  const { order_id: orderId } = order;
  return {
    status: 201,
    body: { returnId, orderId, status: 'requested', items, reason, createdAt, decidedAt: null },
  };
}

function refusalOfItems({ lines }: LockedOrder, items: RequestReturn['items']): Refusal | null {
  for (const [at, { sku, quantity }] of items.entries()) {
    if (items.findIndex((item) => item.sku === sku) !== at) {
      const detail = `"${sku}" is listed twice; add up its quantity in one item.`;
      return refuse('invalid_request', { field: `items.${at}.sku`, detail });
    }
    const line = lines.find((bought) => bought.sku === sku);
    if (!line) {
      return refuse('invalid_request', {
        field: `items.${at}.sku`,
        detail: `The order has no "${sku}".`,
      });
    }
    const left = line.quantity - line.returned;
    if (quantity > left) {
      const detail = `${line.quantity} of "${sku}" were bought, ${left} of them can still be returned.`;
      return refuse('invalid_request', { field: `items.${at}.quantity`, detail });
    }
  }
  return null;
}
