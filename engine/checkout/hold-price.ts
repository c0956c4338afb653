import { type Refusal, refuse } from '../contracts/errors.ts';
import type { Item } from '../contracts/events.ts';
import { newId, orderIdOf, type QuoteId, type ReservationId } from '../contracts/ids.ts';
import { type Money, zero } from '../contracts/money.ts';
import type { OrderLine, OrderStore } from '../contracts/ports.ts';
import type { CheckoutDetails, Price, QuotedCheckout, QuoteStore } from '../contracts/quote.ts';
import { generalStockId, type LiveSale } from '../contracts/sale.ts';
import type { Order } from '../contracts/wire/checkout.ts';
import { type Discount, discountOf } from '../pricing/discount.ts';
import { type Calculators, quote, subtotalOf, withoutAddress } from '../pricing/quote.ts';
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

type Taken = Extract<Discount, { kind: 'discount' }>;

export interface HoldPricingParts {
  quotes: QuoteStore;
  orderStore: Pick<OrderStore, 'order'>;
  calculators: Calculators;
}

/** What holds cost: said once, and kept until their lock ends. Nothing here changes a hold. */
export function holdPricing({ quotes, orderStore, calculators }: HoldPricingParts) {
  /**
   * As it was said last. A hold that nothing was said of costs its items, at the sale's prices. Null where what was
   * said is forgotten: it is kept for longer than a hold can last, so this one has ended.
   */
  const said = async (hold: PricedHold): Promise<HoldPrice | null> =>
    hold.quoteId === null ? ofSale(hold) : quotes.find(hold.quoteId, hold.buyerId);

  /**
   * The same lines worked out anew, and locked as long as the hold lasts. Not kept yet. A coupon that takes
   * nothing off is refused where it `isAskedFor` now; one from before is left out, with a warning.
   */
  async function anew(
    hold: PricedHold,
    lines: OrderLine[],
    { couponCode, shippingAddress, billingAddress }: CheckoutDetails,
    isAskedFor = false,
  ): Promise<QuotedCheckout | Refusal> {
    const subtotal = subtotalOf(lines);
    if ('kind' in subtotal) return subtotal;
    const off = couponCode === null ? null : await taken(hold, subtotal, couponCode);
    if (off?.kind === 'refused' && isAskedFor) return off;
    const discount = off?.kind === 'discount' ? off.discount : zero(subtotal.currency);
    const worked = await quote(lines, discount, shippingAddress, calculators);
    if (worked.kind === 'refused') return worked;
    const lost = off?.kind === 'refused' ? [`Coupon ${couponCode} counts no longer. ${off.detail}`] : [];
    return {
      quoteId: newId('qte'),
      saleId: hold.sale.config.id,
      reservationId: hold.reservationId,
      buyerId: hold.buyerId,
      lines,
      price: worked.price,
      warnings: [...lost, ...worked.warnings],
      couponCode: off?.kind === 'discount' ? couponCode : null,
      shippingAddress,
      billingAddress,
      lockedUntilMs: hold.deadlineMs,
      replaces: hold.quoteId,
    };
  }

  /** What a coupon takes off, or why it does not. Whether its budget allows it is decided where it is counted. */
  async function taken(hold: PricedHold, subtotal: Money, code: string): Promise<Taken | Refusal> {
    const no = (refused: 'coupon_not_applicable' | 'coupon_used_up', detail: string) =>
      refuse(refused, { field: 'couponCode', detail });
    const saleId = hold.sale.config.id;
    const held = await quotes.coupon(code, hold.buyerId, saleId);
    if (!held) return no('coupon_not_applicable', 'There is no such coupon.');
    const { coupon, usesByBuyer } = held;
    const isSale = saleId !== generalStockId;
    const off = discountOf(coupon, { subtotal, isSale, nowMs: Date.now(), usesByBuyer });
    if (off.kind === 'discount') return off;
    return no(off.kind === 'used_up' ? 'coupon_used_up' : 'coupon_not_applicable', off.reason);
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

    /** The same without the coupon whose last use went to somebody else. */
    async withoutCoupon(hold: PricedHold, before: HoldPrice): Promise<QuotedCheckout | Refusal> {
      const quote = await anew(hold, before.lines, { ...before, couponCode: null });
      if ('kind' in quote) return quote;
      return { ...quote, warnings: [`Coupon ${before.couponCode} is used up.`, ...quote.warnings] };
    },

    /** As it is now: what was said or ordered, or what it comes to since the lock of that ended. */
    async current(hold: PricedHold): Promise<{ before: HoldPrice; now: HoldPrice } | Refusal> {
      const before = await said(hold);
      if (before && isLocked(hold, before)) return { before, now: before };
      const order = await ordered(hold);
      if (order) return { before: before ?? order, now: order };
      if (!before) return refuse('reservation_expired');
      const now = await anew(hold, before.lines, before);
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
    couponCode: null,
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
  couponCode: order.couponCode,
  shippingAddress: order.shippingAddress,
  billingAddress: order.billingAddress,
});
