import type { Coupons } from '../../engine/contracts/coupons.ts';
import { refuse } from '../../engine/contracts/errors.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { checkCoupon } from './check-coupon.ts';
import { type CouponRow, couponOf } from './coupon-row.ts';

const createCoupon = statement<{ code: string }>('create-coupon');
const readCoupons = statement<CouponRow>('read-coupons');

/** Coupons on Postgres; the plans of `on` go through keys. */
export const couponsOn = (on: Postgres): Coupons => ({
  async create(coupon) {
    const checked = checkCoupon(coupon);
    if ('kind' in checked) return checked;
    const { code, percentOff, amountOff, minimumSubtotal, usesMax, usesPerBuyerMax } = coupon;
    const [created] = await createCoupon(on, [
      code,
      percentOff ?? null,
      amountOff?.amount ?? null,
      minimumSubtotal?.amount ?? null,
      amountOff?.currency ?? minimumSubtotal?.currency ?? null,
      usesMax ?? null,
      usesPerBuyerMax ?? null,
      checked.validFromMs,
      checked.validUntilMs,
      coupon.onSaleItems ?? false,
    ]);
    if (!created) return refuse('coupon_exists', { field: 'code' });
    const [row] = (await readCoupons(on, [code, null, 1])) as [CouponRow];
    return { kind: 'created', coupon: couponOf(row) };
  },

  async list(limit, cursor) {
    const after = cursor === null ? null : Buffer.from(cursor, 'base64url').toString();
    const rows = await readCoupons(on, [null, after, limit + 1]);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      data: page.map(couponOf),
      nextCursor: rows.length > limit && last ? Buffer.from(last.code).toString('base64url') : null,
    };
  },

  async find(code) {
    const [row] = await readCoupons(on, [code, null, 1]);
    return row ? couponOf(row) : null;
  },
});
