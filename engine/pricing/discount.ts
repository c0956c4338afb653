import { displayed, type Money } from '../contracts/money.ts';
import type { Coupon } from '../contracts/wire/coupons.ts';
import { shareOf } from './share.ts';

/** What a coupon is held against. */
export interface CouponCase {
  subtotal: Money;
  /** True for what is sold in a sale, at the sale's price. */
  isSale: boolean;
  nowMs: number;
  /** Orders of this buyer that use it already. */
  usesByBuyer: number;
}

export type Discount =
  | { kind: 'discount'; discount: Money }
  /** It takes nothing off here; a sentence for the buyer. */
  | { kind: 'not_applicable'; reason: string }
  | { kind: 'used_up'; reason: string };

/**
 * What a coupon takes off a subtotal: its percentage, rounded half up once on the subtotal, or its amount,
 * and never more than there is. Whether its budget still allows it is decided again when the order is
 * committed; this only spares the buyer a vain attempt.
 */
export function discountOf(coupon: Coupon, { subtotal, isSale, nowMs, usesByBuyer }: CouponCase): Discount {
  const { amountOff, minimumSubtotal } = coupon;
  const no = (reason: string): Discount => ({ kind: 'not_applicable', reason });
  if (coupon.validFrom && nowMs < Date.parse(coupon.validFrom)) return no('This coupon is not valid yet.');
  if (coupon.validUntil && nowMs >= Date.parse(coupon.validUntil)) return no('This coupon has expired.');
  if (isSale && !coupon.onSaleItems) return no('This coupon is not for what is sold in a sale.');
  const currency = amountOff?.currency ?? minimumSubtotal?.currency ?? subtotal.currency;
  if (currency !== subtotal.currency) return no(`This coupon is for orders in ${currency}.`);
  if (minimumSubtotal && subtotal.amount < minimumSubtotal.amount) {
    return no(`This coupon is for orders of ${displayed(minimumSubtotal)} and more.`);
  }
  if (coupon.usesMax !== undefined && coupon.uses >= coupon.usesMax) {
    return { kind: 'used_up', reason: 'This coupon is used up.' };
  }
  if (coupon.usesPerBuyerMax !== undefined && usesByBuyer >= coupon.usesPerBuyerMax) {
    return { kind: 'used_up', reason: 'You have used this coupon as often as it allows.' };
  }
  const off = amountOff ? amountOff.amount : shareOf(subtotal.amount, (coupon.percentOff ?? 0) * 100);
  return { kind: 'discount', discount: { amount: Math.min(off, subtotal.amount), currency } };
}
