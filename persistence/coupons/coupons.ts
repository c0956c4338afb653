import type { Coupons } from '../../engine/contracts/coupons.ts';
import { refuse } from '../../engine/contracts/errors.ts';
import { endOfPage, pageOf } from '../../engine/contracts/page.ts';
import { couponCodePattern } from '../../engine/contracts/wire/coupons.ts';
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
    const after = endOfPage(cursor, isCode);
    if (after.kind === 'refused') return after;
    const rows = await readCoupons(on, [null, after.name, limit + 1]);
    return pageOf(rows, limit, couponOf, (row) => row.code);
  },

  async find(code) {
    const [row] = await readCoupons(on, [code, null, 1]);
    return row ? couponOf(row) : null;
  },
});

const code = new RegExp(couponCodePattern);

const isCode = (text: string): boolean => code.test(text);
