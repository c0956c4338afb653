import Type from 'typebox';
import { Value } from 'typebox/value';
import { isCurrency, type Money } from '../contracts/money.ts';
import type { Address } from '../contracts/wire/checkout.ts';
import { Money as MoneySchema } from '../contracts/wire/common.ts';
import { shareOf, wholeBasisPoints } from './share.ts';

/** What is to be shipped or taxed: the goods after their discount, and where they go. */
export interface Consignment {
  goods: Money;
  /** Units, over all lines. */
  units: number;
  address: Address;
}

/**
 * Works out what shipping, or tax, comes to. May ask somebody else; a throw, or no answer in time, makes the
 * checkout fall back to an estimate with a warning.
 */
export type Calculator = (consignment: Consignment) => Money | Promise<Money>;

const where = {
  country: Type.String({ pattern: '^([A-Z]{2}|\\*)$' }),
  region: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
};

/** Rows are tried from the top, and the first that fits counts; `*` fits every country. */
export const Rates = Type.Object(
  {
    shipping: Type.Array(
      Type.Object(
        { ...where, price: MoneySchema, freeFrom: Type.Optional(MoneySchema) },
        { additionalProperties: false },
      ),
    ),
    tax: Type.Array(
      Type.Object(
        { ...where, basisPoints: Type.Integer({ minimum: 0, maximum: wholeBasisPoints }) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type Rates = Type.Static<typeof Rates>;

/** A table of rates from its JSON text. Throws a sentence that says what is wrong with it. */
export function parseRates(text: string): Rates {
  const rates: unknown = JSON.parse(text);
  if (Value.Check(Rates, rates)) return inKnownCurrencies(rates);
  const [error] = Value.Errors(Rates, rates);
  throw new RangeError(`rates${error?.instancePath ?? ''} ${error?.message ?? 'are not a table'}`);
}

/** A row in any other currency would never fit. */
function inKnownCurrencies(rates: Rates): Rates {
  for (const [at, { price, freeFrom }] of rates.shipping.entries()) {
    for (const [name, money] of Object.entries({ price, freeFrom })) {
      if (money === undefined || isCurrency(money.currency)) continue;
      throw new RangeError(`rates/shipping/${at}/${name}/currency is no currency of ISO 4217`);
    }
  }
  return rates;
}

const fits = (row: { country: string; region?: string }, { country, region }: Address): boolean =>
  (row.country === '*' || row.country === country) && (row.region === undefined || row.region === region);

/** A flat price by place and currency, free from an amount of goods on. Throws where no row fits. */
export const shippingByTable =
  (rows: Rates['shipping']): Calculator =>
  ({ goods, address }) => {
    const row = rows.find((one) => fits(one, address) && one.price.currency === goods.currency);
    if (!row) throw new RangeError(`no shipping rate for ${address.country} in ${goods.currency}`);
    const isFree = row.freeFrom?.currency === goods.currency && goods.amount >= row.freeFrom.amount;
    return isFree ? { amount: 0, currency: goods.currency } : row.price;
  };

/** A share of the discounted goods by place, rounded half up once on their total; shipping is not taxed. */
export const taxByTable =
  (rows: Rates['tax']): Calculator =>
  ({ goods, address }) => {
    const row = rows.find((one) => fits(one, address));
    if (!row) throw new RangeError(`no tax rate for ${address.country}`);
    return { amount: shareOf(goods.amount, row.basisPoints), currency: goods.currency };
  };

/** Without a table everything ships for nothing and no tax is added: prices are final. */
export const noRates: Rates = {
  shipping: [],
  tax: [],
};
