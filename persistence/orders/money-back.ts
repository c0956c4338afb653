import { newId, type RefundId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { LockedOrder } from './locked-order.ts';

const insertRefund = statement<{ created_at: Date }>('begin-refund');
const settleRefund = statement<{ order_id: string }>('settle-refund');

export interface NewRefund {
  amountMinor: number;
  reason: string;
  /** The login of whoever asked for it. */
  requestedBy: string;
  returnId?: string;
}

/** A refund that was begun in this transaction; a worker asks the provider once it is committed. */
export interface BegunRefund {
  refundId: RefundId;
  createdAt: Date;
}

/** Begins a refund of a locked order's captured payment. `refunds_within_captured` throws where it is too much. */
export async function beginRefund(
  transaction: Postgres,
  order: LockedOrder,
  { amountMinor, reason, requestedBy, returnId }: NewRefund,
): Promise<BegunRefund> {
  const refundId = newId('rfd');
  const [begun] = await insertRefund(transaction, [
    refundId,
    order.buyer_id,
    order.payment_id,
    returnId ?? null,
    amountMinor,
    reason,
    requestedBy,
    false,
  ]);
  if (!begun) throw new Error(`${order.order_id} has no captured payment`);
  order.refundable_minor -= amountMinor;
  return { refundId, createdAt: begun.created_at };
}

/** What the buyer is told; what the person noted about it is for the record alone. */
const outsideReason = 'paid back in another way';

/**
 * Records what a person gave back past the provider, of a captured payment whose order is locked: a refund that has
 * happened, posted like any other. Where it is the last of the payment, what waits for money is closed by it.
 */
export async function recordPaidOutside(
  transaction: Postgres,
  { buyer_id: buyerId, payment_id: paymentId }: { buyer_id: string; payment_id: string },
  { amountMinor, requestedBy }: Pick<NewRefund, 'amountMinor' | 'requestedBy'>,
): Promise<void> {
  const refundId = newId('rfd');
  await insertRefund(transaction, [
    ...[refundId, buyerId, paymentId, null, amountMinor, outsideReason, requestedBy, true],
  ]);
  const [settled] = await settleRefund(transaction, [refundId, buyerId, null]);
  if (!settled) throw new Error(`${paymentId} was not captured`);
}

/**
 * What a return of these lines gives back, in minor units: their price with its share of discount and tax,
 * rounded down. The return that completes an order takes all that is left, shipping and roundings included.
 */
export function amountOfReturn(
  order: Pick<LockedOrder, 'lines' | 'subtotal_minor' | 'discount_minor' | 'tax_minor' | 'refundable_minor'>,
  items: readonly { sku: string; quantity: number }[],
  completesOrder: boolean,
): number {
  if (completesOrder) return order.refundable_minor;
  const prices = new Map(order.lines.map((line) => [line.sku, line.unitPriceMinor]));
  const goods = items.reduce((sum, { sku, quantity }) => sum + (prices.get(sku) ?? 0) * quantity, 0);
  if (order.subtotal_minor === 0) return 0;
  const paid = order.subtotal_minor - order.discount_minor + order.tax_minor;
  // BigInt: the product of two amounts can pass 2^53.
  const share = Number((BigInt(goods) * BigInt(paid)) / BigInt(order.subtotal_minor));
  return Math.min(share, order.refundable_minor);
}
