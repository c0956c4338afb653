import type { Refusal } from '../contracts/errors.ts';
import type { Item } from '../contracts/events.ts';
import { newId, orderIdOf, type QuoteId, type ReservationId } from '../contracts/ids.ts';
import { zero } from '../contracts/money.ts';
import type { OrderLine, OrderStore } from '../contracts/ports.ts';
import type { CheckoutDetails, Price, QuotedCheckout, QuoteStore } from '../contracts/quote.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Order } from '../contracts/wire/checkout.ts';
import { type Calculators, quote, withoutAddress } from '../pricing/quote.ts';
import { price } from './price.ts';

/** A hold whose price is asked for. */
export interface PricedHold {
  sale: LiveSale;
  reservationId: ReservationId;
  buyerId: string;
  items: readonly Item[];
  /** The price that was said last; null where it is the sale's. */
  quoteId: QuoteId | null;
  /** By the sale's clock. */
  deadlineMs: number;
}

/** What a hold costs as it was said last. */
export interface HoldPrice extends CheckoutDetails {
  lines: OrderLine[];
  price: Price;
  warnings: string[];
  /** By the sale's clock. */
  lockedUntilMs: number;
}

export interface HoldPricingParts {
  quotes: QuoteStore;
  orderStore: Pick<OrderStore, 'order'>;
  calculators: Calculators;
}

/** What holds cost: said once, and kept until their lock ends. Nothing here changes a hold. */
export function holdPricing({ quotes, orderStore, calculators }: HoldPricingParts) {
  /** As it was said last. A hold that nothing was said of costs its items, at the sale's prices. */
  async function said(hold: PricedHold): Promise<HoldPrice> {
    if (hold.quoteId === null) return ofSale(hold);
    const found = await quotes.find(hold.quoteId, hold.buyerId);
    // The quote was committed before the hold named it.
    if (!found) throw new Error(`${hold.reservationId} names the quote ${hold.quoteId}, which is gone`);
    return found;
  }

  /** The same lines worked out anew, and locked as long as the hold lasts. Not kept yet. */
  async function anew(
    hold: PricedHold,
    lines: OrderLine[],
    { shippingAddress, billingAddress }: CheckoutDetails,
  ): Promise<QuotedCheckout | Refusal> {
    const currency = lines[0]?.unitPrice.currency ?? '';
    const worked = await quote(lines, zero(currency), shippingAddress, calculators);
    if (worked.kind === 'refused') return worked;
    return {
      quoteId: newId('qte'),
      saleId: hold.sale.config.id,
      reservationId: hold.reservationId,
      buyerId: hold.buyerId,
      lines,
      price: worked.price,
      warnings: worked.warnings,
      shippingAddress,
      billingAddress,
      lockedUntilMs: hold.deadlineMs,
    };
  }

  /** The price of the order that a hold became, which nothing changes; null where it became none yet. */
  async function ordered({ reservationId, buyerId, deadlineMs }: PricedHold): Promise<HoldPrice | null> {
    const order = await orderStore.order(orderIdOf(reservationId), buyerId);
    return order && { ...ofOrder(order), lockedUntilMs: deadlineMs };
  }

  return {
    said,
    anew,
    ordered,

    /** As it is now: what was said or ordered, or what it comes to since the lock of that ended. */
    async current(hold: PricedHold): Promise<{ before: HoldPrice; now: HoldPrice } | Refusal> {
      const before = await said(hold);
      if (isLocked(hold, before)) return { before, now: before };
      const now = (await ordered(hold)) ?? (await anew(hold, before.lines, before));
      return 'kind' in now ? now : { before, now };
    },
  };
}

export type HoldPricing = ReturnType<typeof holdPricing>;

/** By the sale's clock, as this gateway heard of it last. A sale's own prices are fixed while it lasts. */
export const isLocked = ({ sale, quoteId }: PricedHold, { lockedUntilMs }: HoldPrice): boolean =>
  quoteId === null || sale.snapshot.nowMs < lockedUntilMs;

function ofSale({ sale, items, deadlineMs }: PricedHold): HoldPrice {
  const { lines, total } = price(sale.config, items);
  const none = zero(total.currency);
  return {
    lines,
    price: { subtotal: total, discount: none, shipping: none, tax: none, total },
    warnings: [withoutAddress],
    shippingAddress: null,
    billingAddress: null,
    lockedUntilMs: deadlineMs,
  };
}

const ofOrder = (order: Order): Omit<HoldPrice, 'lockedUntilMs'> => ({
  lines: order.items,
  price: {
    subtotal: order.subtotal,
    discount: order.discount,
    shipping: order.shipping,
    tax: order.tax,
    total: order.total,
  },
  warnings: [],
  shippingAddress: order.shippingAddress,
  billingAddress: order.billingAddress,
});
