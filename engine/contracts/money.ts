/** An amount in integer minor units of an ISO 4217 currency. Never a float. */
export interface Money {
  amount: number;
  currency: string;
}

/** The price of `quantity` units at `unitPrice` each. Throws where the product is not a safe integer. */
export function multiply(unitPrice: Money, quantity: number): Money {
  const amount = unitPrice.amount * quantity;
  if (!Number.isSafeInteger(amount))
    throw new RangeError(`amount out of range: ${unitPrice.amount} × ${quantity}`);
  return { amount, currency: unitPrice.currency };
}

/** The sum of amounts of one currency. Throws on an empty list, on mixed currencies, and beyond safe integers. */
export function sum(amounts: readonly Money[]): Money {
  const currency = amounts[0]?.currency;
  if (currency === undefined) throw new RangeError('sum of no amounts has no currency');
  let amount = 0;
  for (const next of amounts) {
    if (next.currency !== currency) throw new RangeError(`cannot add ${next.currency} to ${currency}`);
    if (!Number.isSafeInteger(amount + next.amount))
      throw new RangeError(`amount out of range: ${amount} + ${next.amount}`);
    amount += next.amount;
  }
  return { amount, currency };
}

/** More than what was agreed to; another currency is never agreed to. */
export const isDearer = (total: Money, agreed: Money): boolean =>
  total.currency !== agreed.currency || total.amount > agreed.amount;

export const equal = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency;

export const zero = (currency: string): Money => ({ amount: 0, currency });

/** More than this in one checkout is a typing error; the wire takes no larger amount either. */
export const amountMax = 1_000_000_000_000;

/** True for a currency of ISO 4217 that this runtime knows. */
export const isCurrency = (code: string): boolean => currencies.has(code);
const currencies = new Set(Intl.supportedValuesOf('currency'));

/**
 * The currencies of ISO 4217 whose minor unit is no hundredth. `Intl` follows CLDR, which says what people write:
 * no decimals for HUF, IDR or COP, and none for IQD.
 */
const otherMinorDigits: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0 },
    ...{ VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0 },
    ...{ BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3 },
    ...{ CLF: 4, UYW: 4 },
  }),
);

/** How many decimal digits the minor unit of a currency has by ISO 4217: 2 for USD and HUF, 0 for JPY, 3 for KWD. */
export const minorDigitsOf = (currency: string): number => otherMinorDigits.get(currency) ?? 2;

/** An amount as a person reads it: `499.00 USD`, `49900 JPY`, `49.900 KWD`. Digits only, no float in between. */
export function displayed({ amount, currency }: Money): string {
  const minorDigits = minorDigitsOf(currency);
  const digits = String(amount).padStart(minorDigits + 1, '0');
  if (minorDigits === 0) return `${digits} ${currency}`;
  return `${digits.slice(0, -minorDigits)}.${digits.slice(-minorDigits)} ${currency}`;
}
