import Type from 'typebox';
import { Moment, Money, reply, request, Timestamp } from './common.ts';

export const couponCodePattern = '^[A-Za-z0-9_-]{1,64}$';

/** What a buyer types in. Compared as written. */
export const CouponCode = Type.String({
  pattern: couponCodePattern,
  description: 'letters, digits, dashes and underscores',
});

const Uses = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

export const CreateCoupon = request({
  code: CouponCode,
  percentOff: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'either this or `amountOff`' }),
  ),
  amountOff: Type.Optional(Money),
  minimumSubtotal: Type.Optional(Money),
  usesMax: Type.Optional(Type.Integer({ ...Uses, description: 'orders in all; without it no limit' })),
  usesPerBuyerMax: Type.Optional(
    Type.Integer({ ...Uses, description: 'orders of one buyer; without it no limit' }),
  ),
  validFrom: Type.Optional(Moment),
  validUntil: Type.Optional(Moment),
  onSaleItems: Type.Optional(
    Type.Boolean({
      description: 'whether it also takes something off what is sold in a sale; false without it',
    }),
  ),
});
export type CreateCoupon = Type.Static<typeof CreateCoupon>;

export const Coupon = reply({
  code: CouponCode,
  percentOff: Type.Optional(Type.Integer()),
  amountOff: Type.Optional(Money),
  minimumSubtotal: Type.Optional(Money),
  usesMax: Type.Optional(Type.Integer()),
  usesPerBuyerMax: Type.Optional(Type.Integer()),
  validFrom: Type.Optional(Timestamp),
  validUntil: Type.Optional(Timestamp),
  onSaleItems: Type.Boolean(),
  uses: Type.Integer({ description: 'orders that use it: pending, or paid' }),
});
export type Coupon = Type.Static<typeof Coupon>;
