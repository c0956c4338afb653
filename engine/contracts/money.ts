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

/** The sum of amounts of one currency. Throws on an empty list and on mixed currencies. */
export function sum(amounts: readonly Money[]): Money {
  const [first, ...rest] = amounts;
  if (!first) throw new RangeError('sum of no amounts has no currency');
  return rest.reduce((total, next) => {
    if (next.currency !== total.currency)
      throw new RangeError(`cannot add ${next.currency} to ${total.currency}`);
    return { amount: total.amount + next.amount, currency: total.currency };
  }, first);
}

export const equal = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency;
