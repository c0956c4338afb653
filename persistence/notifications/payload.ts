import { namedSale } from '../../engine/contracts/sale.ts';
import type { Told } from './outbox.ts';

/** What is told about an order, as `read-told-orders.sql` selects it. */
export interface ToldOrder {
  order_id: string;
  buyer_id: string;
  order_number: string;
  currency: string;
  subtotal_minor: number;
  discount_minor: number;
  shipping_minor: number;
  tax_minor: number;
  total_minor: number;
  /** Where mail about it goes; never part of a webhook. */
  buyer_email: string | null;
  /** The refund or payment that the event is about; empty where it is about the order alone. */
  subject: string;
  /** Of the payment that the event is about, else of the order's last one. */
  decline_code: string | null;
  /** Empty where the event is not about a refund. */
  refund_id: string;
  refund_minor: number | null;
  refund_reason: string | null;
  /** A person paid it past the provider. */
  refund_is_outside: boolean;
  items: { sku: string; title: string; quantity: number; lineTotalMinor: number }[];
}

/** A message as Standard Webhooks shapes it: `type`, `timestamp`, `data`. What it tells stays true. */
export function payloadOf({ row, order }: Told) {
  return {
    type: row.type,
    timestamp: row.at.toISOString(),
    data: { ...namedSale(row.sale_id), ...dataOf() },
  };

  function dataOf() {
    if (order === null) return {};
    const money = (amount: number) => ({ amount, currency: order.currency });
    return {
      orderId: order.order_id,
      orderNumber: order.order_number,
      buyerId: order.buyer_id,
      items: order.items.map(({ sku, quantity }) => ({ sku, quantity })),
      total: money(order.total_minor),
      ...(row.type === 'order.payment_declined' && order.decline_code !== null
        ? { declineCode: order.decline_code }
        : {}),
      ...(order.refund_minor === null
        ? {}
        : {
            refund: {
              refundId: order.refund_id,
              amount: money(order.refund_minor),
              reason: order.refund_reason,
            },
          }),
    };
  }
}
