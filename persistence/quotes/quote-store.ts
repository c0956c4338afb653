import type { HeldCoupon, QuotedCheckout, QuoteStore } from '../../engine/contracts/quote.ts';
import { type CouponRow, couponOf } from '../coupons/coupon-row.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { keptColumns, keptQuote, type QuoteRow, quoteOf } from './quote-row.ts';

type HeldCouponRow = { [K in keyof CouponRow]: CouponRow[K] | null } & { uses_by_buyer: number };

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
  const coupon = gather<Question, HeldCoupon | null>(
    async (questions) => (await readHeldCoupons(on, asked(questions))).map(heldCouponOf),
    together,
  );
  return {
    keep,
    find: (quoteId, buyerId) => find({ name: quoteId, buyerId }),
    coupon: (code, buyerId) => coupon({ name: code, buyerId }),
  };
}

/** About a quote or a coupon, by a buyer. */
interface Question {
  name: string;
  buyerId: string;
}

const asked = (questions: readonly Question[]) => columns(questions, ['name', 'buyerId']);

const heldCouponOf = (row: HeldCouponRow): HeldCoupon | null =>
  row.code === null ? null : { coupon: couponOf(row as CouponRow), usesByBuyer: row.uses_by_buyer };

const batchMax = 1_000;

/** Forgets quotes by which nobody can pay any more; a copy of what an order needs is with the order. */
export async function forgetQuotes(on: Postgres): Promise<void> {
  while ((await forgetSome(on, [batchMax])).length === batchMax);
}
