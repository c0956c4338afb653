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
  coupon_code: string | null;
  shipping_address: Address | null;
  billing_address: Address | null;
  warnings: string[];
  locked_until: Date;
  replaces: QuoteId | null;
}

/** A quote in the names of the table; what has parts is JSON. */
export const keptQuote = (quote: QuotedCheckout) => ({
  quote_id: quote.quoteId,
  buyer_id: quote.buyerId,
  sale_id: quote.saleId,
  reservation_id: quote.reservationId,
  lines: JSON.stringify(
    quote.lines.map((line) => ({
      sku: line.sku,
      title: line.title,
      quantity: line.quantity,
      unit_price_minor: line.unitPrice.amount,
      line_total_minor: line.lineTotal.amount,
    })),
  ),
  currency: quote.price.total.currency,
  subtotal_minor: quote.price.subtotal.amount,
  discount_minor: quote.price.discount.amount,
  shipping_minor: quote.price.shipping.amount,
  tax_minor: quote.price.tax.amount,
  total_minor: quote.price.total.amount,
  coupon_code: quote.couponCode,
  shipping_address: quote.shippingAddress && JSON.stringify(quote.shippingAddress),
  billing_address: quote.billingAddress && JSON.stringify(quote.billingAddress),
  warnings: JSON.stringify(quote.warnings),
  locked_until_ms: quote.lockedUntilMs,
  replaces: quote.replaces,
});

/** What `keep-quotes.sql` takes, in its order. */
export const keptColumns = [
  'quote_id',
  'buyer_id',
  'sale_id',
  'reservation_id',
  'lines',
  'currency',
  'subtotal_minor',
  'discount_minor',
  'shipping_minor',
  'tax_minor',
  'total_minor',
  'coupon_code',
  'shipping_address',
  'billing_address',
  'warnings',
  'locked_until_ms',
  'replaces',
] as const satisfies (keyof ReturnType<typeof keptQuote>)[];

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
    couponCode: row.coupon_code,
    shippingAddress: row.shipping_address,
    billingAddress: row.billing_address,
    warnings: row.warnings,
    lockedUntilMs: row.locked_until.getTime(),
    replaces: row.replaces,
  };
}
