import type { Refusal } from './errors.ts';
import type { Page } from './page.ts';
import type { Coupon, CreateCoupon } from './wire/coupons.ts';

/** The operator's coupons. */
export interface Coupons {
  /** Refusals: `invalid_request` (with `field`), `coupon_exists`. */
  create(coupon: CreateCoupon): Promise<{ kind: 'created'; coupon: Coupon } | Refusal>;
  /** By code. `cursor` is the `nextCursor` of the page before; refusal where it is none: `invalid_request`. */
  list(limit: number, cursor: string | null): Promise<Page<Coupon> | Refusal>;
  find(code: string): Promise<Coupon | null>;
}
