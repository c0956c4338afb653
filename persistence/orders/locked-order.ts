import type { OrderId } from '../../engine/contracts/ids.ts';
import { saleNumberOf } from '../../engine/contracts/ids.ts';
import type { OrderState, PaymentState } from '../../engine/contracts/states.ts';
import type { Order } from '../../engine/contracts/wire/checkout.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type OrderRow, orderOf } from './order-row.ts';

/** An order that nobody else changes until the transaction ends. */
export interface LockedOrder {
  buyer_id: string;
  order_id: OrderId;
  order_number: string;
  sale_id: string;
  reservation_id: string;
  status: OrderState;
  currency: string;
  subtotal_minor: number;
  discount_minor: number;
  tax_minor: number;
  total_minor: number;
  has_address: boolean;
  lines: { sku: string; quantity: number; returned: number; unitPriceMinor: number }[];
  /** The payment that counts: the captured one, or one that is under way. */
  payment_id: string | null;
  payment_state: PaymentState | null;
  /** Captured, and no refund begun for it. */
  refundable_minor: number;
  delivered_ms_ago: number | null;
}

const findOrderBuyer = statement<{ buyer_id: string }>('find-order-buyer');
const lock = statement<{ order_id: string }>('lock-order');
const readOrderFacts = statement<LockedOrder>('read-order-facts');
const readOrders = statement<OrderRow>('read-orders');

/** The buyer of an order that is known by its id alone, or null. */
export async function buyerOf(on: Postgres, orderId: OrderId): Promise<string | null> {
  const [found] = await findOrderBuyer(on, [saleNumberOf(orderId), orderId]);
  return found?.buyer_id ?? null;
}

/** Locks the order until the end of the transaction; null where the buyer has no such order. */
export async function lockOrder(
  transaction: Postgres,
  orderId: OrderId,
  buyerId: string,
): Promise<LockedOrder | null> {
  const [locked] = await lock(transaction, [buyerId, orderId]);
  if (!locked) return null;
  const [facts] = await readOrderFacts(transaction, [buyerId, orderId]);
  return facts ?? null;
}

/** The order as the protocol shows it, as it stands inside of the transaction. */
export async function shownOrder(transaction: Postgres, of: LockedOrder): Promise<Order> {
  const [row] = await readOrders(transaction, [of.buyer_id, of.order_id, null, 1]);
  return orderOf(row as OrderRow);
}
