import type { QuotedCheckout, QuoteStore } from '../../engine/contracts/quote.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type QuoteRow, quoteOf, quoteValues } from './quote-row.ts';

const keepQuote = statement('keep-quote');
const readQuotes = statement<QuoteRow>('read-quotes');
const forgetSome = statement<{ quote_id: string }>('forget-quotes');

/** A payment may wait for this, so whoever asks at the same time asks together. */
const questionsMax = 256;

/** Prices on Postgres; the plans of `on` go through keys. */
export const quoteStoreOn = (on: Postgres): QuoteStore => ({
  async keep(quote) {
    await keepQuote(on, quoteValues(quote));
  },

  find: (() => {
    const find = gather<[quoteId: string, buyerId: string], QuotedCheckout | null>(
      async (questions) => {
        const rows = await readQuotes(on, [questions.map(([id]) => id), questions.map(([, buyer]) => buyer)]);
        return rows.map(quoteOf);
      },
      { sizeMax: questionsMax },
    );
    return (quoteId: string, buyerId: string) => find([quoteId, buyerId]);
  })(),
});

const batchMax = 1_000;

/** Forgets quotes by which nobody can pay any more; a copy of what an order needs is with the order. */
export async function forgetQuotes(on: Postgres): Promise<void> {
  while ((await forgetSome(on, [batchMax])).length === batchMax);
}
