import type { HeldCoupon, QuotedCheckout, QuoteStore } from '../../engine/contracts/quote.ts';
import { type CouponRow, couponOf } from '../coupons/coupon-row.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { keptColumns, keptQuote, type QuoteRow, quoteOf } from './quote-row.ts';

type HeldCouponRow = { [K in keyof CouponRow]: CouponRow[K] | null } & {
  uses_to_replace: number;
  uses_by_buyer: number;
};

const keepQuotes = statement('keep-quotes');
const readQuotes = statement<QuoteRow>('read-quotes');
const readHeldCoupons = statement<HeldCouponRow>('read-held-coupons');
const forgetSome = statement<{ quote_id: string }>('forget-quotes');

/** A rush may say where it wants to have it all at once, so whoever asks at the same time asks together. */
const together = { sizeMax: 256 };

/** Prices on Postgres; the plans of `on` go through keys. */
export function quoteStoreOn(on: Postgres): QuoteStore {
  const keep = gather<QuotedCheckout, void>(async (quotes) => {
    await keepQuotes(on, columns(quotes.map(keptQuote), keptColumns));
    return quotes.map(() => undefined);
  }, together);
  const find = gather<Question, QuotedCheckout | null>(
    async (questions) => (await readQuotes(on, asked(questions))).map(quoteOf),
    together,
  );
  const coupon = gather<Question & { saleId: string }, HeldCoupon | null>(
    async (questions) =>
      (await readHeldCoupons(on, columns(questions, ['name', 'buyerId', 'saleId']))).map(heldCouponOf),
    together,
  );
  return {
    keep,
    find: (quoteId, buyerId) => find({ name: quoteId, buyerId }),
    coupon: (code, buyerId, saleId) => coupon({ name: code, buyerId, saleId }),
  };
}

/** About a quote or a coupon, by a buyer. */
interface Question {
  name: string;
  buyerId: string;
}

const asked = (questions: readonly Question[]) => columns(questions, ['name', 'buyerId']);

function heldCouponOf({ uses_to_replace, uses_by_buyer, ...row }: HeldCouponRow): HeldCoupon | null {
  if (row.code === null) return null;
  const coupon = couponOf(row as CouponRow);
  // What is counted by nobody is nothing to take from.
  const without = (uses: number) => Math.max(0, uses - uses_to_replace);
  return { coupon: { ...coupon, uses: without(coupon.uses) }, usesByBuyer: without(uses_by_buyer) };
}

const batchMax = 1_000;

/** Forgets quotes by which nobody can pay any more; a copy of what an order needs is with the order. */
export async function forgetQuotes(on: Postgres): Promise<void> {
  while ((await forgetSome(on, [batchMax])).length === batchMax);
}
