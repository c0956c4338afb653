import { namedSale } from '../../engine/contracts/sale.ts';
import type { OrderState, PaymentState } from '../../engine/contracts/states.ts';
import type { Order } from '../../engine/contracts/wire/checkout.ts';
import { type RefundRow, type ReturnRow, refundOf, returnOf } from './refund-row.ts';

/** An order as `read-orders.sql` selects it. */
export interface OrderRow {
  order_id: string;
  order_number: string;
  sale_id: string;
  reservation_id: string;
  status: OrderState;
  currency: string;
  subtotal_minor: number;
  discount_minor: number;
  shipping_minor: number;
  tax_minor: number;
  total_minor: number;
  coupon_code: string | null;
  shipping_address: Order['shippingAddress'];
  billing_address: Order['billingAddress'];
  last_payment_error: Order['lastPaymentError'] | null;
  created_at: Date;
  payment_state: PaymentState;
  items: {
    sku: string;
    title: string;
    quantity: number;
    unit_price_minor: number;
    line_total_minor: number;
  }[];
  history: {
    at: string;
    from_status: OrderState | null;
    to_status: OrderState;
    by: string;
    reason: string | null;
  }[];
  refunds: RefundRow[];
  returns: ReturnRow[];
}

/** The order as the protocol shows it. */
export function orderOf(row: OrderRow): Order {
  const money = (amount: number) => ({ amount, currency: row.currency });
  return {
    orderId: row.order_id,
    orderNumber: row.order_number,
    status: row.status,
    paymentStatus: row.payment_state,
    ...(row.last_payment_error ? { lastPaymentError: row.last_payment_error } : {}),
    items: row.items.map((item) => ({
      sku: item.sku,
      title: item.title,
      quantity: item.quantity,
      unitPrice: money(item.unit_price_minor),
      lineTotal: money(item.line_total_minor),
    })),
    subtotal: money(row.subtotal_minor),
    discount: money(row.discount_minor),
    shipping: money(row.shipping_minor),
    tax: money(row.tax_minor),
    total: money(row.total_minor),
    couponCode: row.coupon_code,
    shippingAddress: row.shipping_address,
    billingAddress: row.billing_address,
    ...namedSale(row.sale_id),
    reservationId: row.reservation_id,
    history: row.history.map((entry) => ({
      at: new Date(entry.at).toISOString(),
      from: entry.from_status,
      to: entry.to_status,
      by: entry.by,
      ...(entry.reason === null ? {} : { reason: entry.reason }),
    })),
    refunds: row.refunds.map(refundOf),
    returns: row.returns.map(returnOf),
    createdAt: row.created_at.toISOString(),
  };
}
