import { type Refusal, refuse } from '../contracts/errors.ts';
import { amountMax, type Money, sum, zero } from '../contracts/money.ts';
import type { OrderLine } from '../contracts/ports.ts';
import type { Price } from '../contracts/quote.ts';
import type { Address } from '../contracts/wire/checkout.ts';
import { type Calculator, noRates, type Rates, shippingByTable, taxByTable } from './rates.ts';

export interface Calculators {
  shipping: Calculator;
  tax: Calculator;
  /** How long a calculator may take. */
  answerMsMax: number;
}

export interface Quote {
  kind: 'quote';
  price: Price;
  /** What is an estimate, and why: sentences for the buyer. */
  warnings: string[];
}

export const withoutAddress = 'Without an address, shipping and tax are estimates of zero.';

/** The calculators of a table; an empty part of it costs nothing. */
export function calculatorsOf(rates: Rates = noRates): Calculators {
  const free: Calculator = ({ goods }) => zero(goods.currency);
  return {
    shipping: rates.shipping.length === 0 ? free : shippingByTable(rates.shipping),
    tax: rates.tax.length === 0 ? free : taxByTable(rates.tax),
    answerMsMax: 1_000,
  };
}

/**
 * What lines cost with a discount at an address. A calculator that fails costs the buyer a warning, not the
 * sale: its part is estimated as zero. Refusal: `invalid_request` where the amounts leave what can be paid.
 */
export async function quote(
  lines: readonly OrderLine[],
  discount: Money,
  address: Address | null,
  calculators: Calculators,
): Promise<Quote | Refusal> {
  const subtotal = subtotalOf(lines);
  if ('kind' in subtotal) return subtotal;
  const none = zero(subtotal.currency);
  const warnings: string[] = [];
  const parts = { shipping: none, tax: none };
  if (address) {
    const goods = { amount: subtotal.amount - discount.amount, currency: subtotal.currency };
    const units = lines.reduce((total, line) => total + line.quantity, 0);
    const ask = async (name: 'shipping' | 'tax', word: string) => {
      try {
        const answer = await inTime(calculators[name]({ goods, units, address }), calculators.answerMsMax);
        parts[name] = checked(answer, goods.currency);
      } catch {
        warnings.push(`${word} could not be worked out for this address; zero is an estimate.`);
      }
    };
    await Promise.all([ask('shipping', 'Shipping'), ask('tax', 'Tax')]);
    warnings.sort();
  } else {
    warnings.push(withoutAddress);
  }
  const amount = subtotal.amount - discount.amount + parts.shipping.amount + parts.tax.amount;
  if (amount > amountMax) return tooMuch();
  const total = { amount, currency: subtotal.currency };
  return { kind: 'quote', price: { subtotal, discount, ...parts, total }, warnings };
}

/** The sum of lines, or a refusal where it is more than can be paid. */
export function subtotalOf(lines: readonly OrderLine[]): Money | Refusal {
  try {
    const subtotal = sum(lines.map((line) => line.lineTotal));
    return subtotal.amount > amountMax ? tooMuch() : subtotal;
  } catch {
    return tooMuch();
  }
}

const tooMuch = () =>
  refuse('invalid_request', { field: 'items', detail: 'This is more than one order can cost.' });

/** A calculator is somebody else's code: what it says is looked at before it is added up. */
function checked(answer: Money, currency: string): Money {
  const isAmount = Number.isSafeInteger(answer.amount) && answer.amount >= 0 && answer.amount <= amountMax;
  if (!isAmount || answer.currency !== currency) throw new RangeError('not an amount in this currency');
  return { amount: answer.amount, currency };
}

async function inTime<T>(answer: T | Promise<T>, msMax: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), msMax);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
