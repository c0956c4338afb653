import type { Coupon } from '../../engine/contracts/wire/coupons.ts';

/** A coupon as `read-coupons.sql` selects it. */
export interface CouponRow {
  code: string;
  percent_off: number | null;
  amount_off_minor: number | null;
  minimum_minor: number | null;
  currency: string | null;
  uses_max: number | null;
  uses_per_buyer_max: number | null;
  valid_from: Date | null;
  valid_until: Date | null;
  on_sale_items: boolean;
  uses: number;
}

/** The coupon as the protocol shows it; what it does not limit is absent. */
export function couponOf(row: CouponRow): Coupon {
  const money = (amount: number | null) =>
    amount === null ? undefined : { amount, currency: row.currency ?? '' };
  return {
    code: row.code,
    ...given({
      percentOff: row.percent_off,
      amountOff: money(row.amount_off_minor),
      minimumSubtotal: money(row.minimum_minor),
      usesMax: row.uses_max,
      usesPerBuyerMax: row.uses_per_buyer_max,
      validFrom: row.valid_from?.toISOString(),
      validUntil: row.valid_until?.toISOString(),
    }),
    onSaleItems: row.on_sale_items,
    uses: row.uses,
  };
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value != null)) as Given<T>;
