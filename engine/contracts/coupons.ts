import type { Refusal } from './errors.ts';
import type { Coupon, CreateCoupon } from './wire/coupons.ts';

/** The operator's coupons. */
export interface Coupons {
  /** Refusals: `invalid_request` (with `field`), `coupon_exists`. */
  create(coupon: CreateCoupon): Promise<{ kind: 'created'; coupon: Coupon } | Refusal>;
  /** By code. `cursor` is the opaque value of the previous page. */
  list(limit: number, cursor: string | null): Promise<{ data: Coupon[]; nextCursor: string | null }>;
  find(code: string): Promise<Coupon | null>;
}
