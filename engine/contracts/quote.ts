import { type Refusal, refuse } from './errors.ts';
import type { QuoteId, ReservationId } from './ids.ts';
import type { Money } from './money.ts';
import type { OrderLine } from './ports.ts';
import type { Address } from './wire/checkout.ts';
import type { Coupon } from './wire/coupons.ts';

/** `total = subtotal − discount + shipping + tax`, all in one currency, all whole minor units. */
export interface Price {
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  total: Money;
}

/** Nothing is charged beyond what a buyer agreed to. */
export const priceChanged = (oldTotal: Money, newTotal: Money, reason = ''): Refusal =>
  refuse('price_changed', {
    detail: `${reason}Nothing was charged. Show the new total; to pay it, send it as expectedTotal.`,
    members: { oldTotal, newTotal },
  });

/** What decides about a price besides the lines, as the buyer gave it. */
export interface CheckoutDetails {
  couponCode: string | null;
  shippingAddress: Address | null;
  billingAddress: Address | null;
}

/** What a hold costs, as it was said to its buyer once. Never changed: another price is another quote. */
export interface QuotedCheckout extends CheckoutDetails {
  quoteId: QuoteId;
  saleId: string;
  reservationId: ReservationId;
  buyerId: string;
  lines: OrderLine[];
  price: Price;
  /** What is an estimate, and why: sentences for the buyer. */
  warnings: string[];
  /** By the sale's clock. */
  lockedUntilMs: number;
  /** The quote that the hold named when this was worked out; null where that was the sale's price. */
  replaces: QuoteId | null;
}

/**
 * A coupon as it stands for a buyer in a sale, and how often they have used it. Their order of that sale which is still
 * to be paid counts for nothing: what they ask for now takes its place.
 */
export interface HeldCoupon {
  coupon: Coupon;
  usesByBuyer: number;
}

/** The durable half of prices. Nothing of it is on the way of a reservation. */
export interface QuoteStore {
  /** Keeps a quote; it is durable before any hold names it. */
  keep(quote: QuotedCheckout): Promise<void>;
  /** A quote of the buyer, or null. */
  find(quoteId: QuoteId, buyerId: string): Promise<QuotedCheckout | null>;
  /** Null where there is no such coupon. */
  coupon(code: string, buyerId: string, saleId: string): Promise<HeldCoupon | null>;
}
