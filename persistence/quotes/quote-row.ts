import type { QuoteId, ReservationId } from '../../engine/contracts/ids.ts';
import type { QuotedCheckout } from '../../engine/contracts/quote.ts';
import type { Address } from '../../engine/contracts/wire/checkout.ts';

/** A quote as `read-quotes.sql` selects it; all of it is null where there is none. */
export interface QuoteRow {
  quote_id: QuoteId | null;
  buyer_id: string;
  sale_id: string;
  reservation_id: ReservationId;
  lines: {
    sku: string;
    title: string;
    quantity: number;
    unit_price_minor: number;
    line_total_minor: number;
  }[];
  currency: string;
  subtotal_minor: number;
  discount_minor: number;
  shipping_minor: number;
  tax_minor: number;
  total_minor: number;
  shipping_address: Address | null;
  billing_address: Address | null;
  warnings: string[];
  locked_until: Date;
}

/** What `keep-quote.sql` takes, in its order. */
export const quoteValues = (quote: QuotedCheckout): unknown[] => {
  const { price, shippingAddress, billingAddress } = quote;
  return [
    quote.quoteId,
    quote.buyerId,
    quote.saleId,
    quote.reservationId,
    JSON.stringify(
      quote.lines.map((line) => ({
        sku: line.sku,
        title: line.title,
        quantity: line.quantity,
        unit_price_minor: line.unitPrice.amount,
        line_total_minor: line.lineTotal.amount,
      })),
    ),
    price.total.currency,
    price.subtotal.amount,
    price.discount.amount,
    price.shipping.amount,
    price.tax.amount,
    price.total.amount,
    shippingAddress && JSON.stringify(shippingAddress),
    billingAddress && JSON.stringify(billingAddress),
    JSON.stringify(quote.warnings),
    quote.lockedUntilMs,
  ];
};

/** The quote of a row, or null where there is none. */
export function quoteOf(row: QuoteRow): QuotedCheckout | null {
  if (row.quote_id === null) return null;
  const money = (amount: number) => ({ amount, currency: row.currency });
  return {
    quoteId: row.quote_id,
    saleId: row.sale_id,
    reservationId: row.reservation_id,
    buyerId: row.buyer_id,
    lines: row.lines.map((line) => ({
      sku: line.sku,
      title: line.title,
      quantity: line.quantity,
      unitPrice: money(line.unit_price_minor),
      lineTotal: money(line.line_total_minor),
    })),
    price: {
      subtotal: money(row.subtotal_minor),
      discount: money(row.discount_minor),
      shipping: money(row.shipping_minor),
      tax: money(row.tax_minor),
      total: money(row.total_minor),
    },
    shippingAddress: row.shipping_address,
    billingAddress: row.billing_address,
    warnings: row.warnings,
    lockedUntilMs: row.locked_until.getTime(),
  };
}
