import Type from 'typebox';
import type { Coupons } from '../../engine/contracts/coupons.ts';
import { refuse } from '../../engine/contracts/errors.ts';
import { nullable, reply } from '../../engine/contracts/wire/common.ts';
import { Coupon, CreateCoupon } from '../../engine/contracts/wire/coupons.ts';
import { type Route, route } from '../http/route.ts';
import { PageQuery, pageReply } from '../routes/paging.ts';

const tag = 'coupons';
const root = '/api/v1/admin/coupons';

const CouponList = reply({ data: Type.Array(Coupon), nextCursor: nullable(Type.String()) });

/** What an operator gives away. */
export function couponRoutes(coupons: Coupons): Route[] {
  return [
    route({
      method: 'POST',
      path: root,
      tag,
      summary: 'Create a coupon',
      description:
        'It takes a percentage or an amount off the subtotal. Budgets count orders that are pending or paid; one that ' +
        'ends unpaid gives its use back.',
      access: 'admin',
      body: CreateCoupon,
      replies: { 201: { description: 'the coupon', schema: Coupon, headers: ['Location'] } },
      refusals: ['coupon_exists'],
      answer: async ({ body }) => {
        const outcome = await coupons.create(body);
        if (outcome.kind === 'refused') return outcome;
        const headers = { Location: `${root}/${body.code}` };
        return { status: 201, body: outcome.coupon, headers };
      },
    }),
    route({
      method: 'GET',
      path: root,
      tag,
      summary: 'Every coupon, by code, with its uses',
      access: 'admin',
      query: PageQuery,
      replies: { 200: { description: 'a page of coupons', schema: CouponList } },
      answer: ({ query }) => pageReply(query, coupons.list),
    }),
    route({
      method: 'GET',
      path: `${root}/{code}`,
      tag,
      summary: 'One coupon, with its uses',
      access: 'admin',
      replies: { 200: { description: 'the coupon', schema: Coupon } },
      refusals: ['coupon_not_found'],
      answer: async ({ params: { code = '' } }) => {
        const coupon = await coupons.find(code);
        return coupon ? { status: 200, body: coupon } : refuse('coupon_not_found');
      },
    }),
  ];
}
