import { expect, test } from 'vitest';
import { displayed, isCurrency, type Money, minorDigitsOf, multiply, sum } from '../contracts/money.ts';
import type { OrderLine } from '../contracts/ports.ts';
import type { Address } from '../contracts/wire/checkout.ts';
import type { Coupon } from '../contracts/wire/coupons.ts';
import { discountOf } from './discount.ts';
import { calculatorsOf, quote } from './quote.ts';
import { parseRates } from './rates.ts';
import { shareOf } from './share.ts';

const address: Address = {
  name: 'Ada Lovelace',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
};

const line = (unitPrice: Money, quantity = 1, sku = 'ps5'): OrderLine => ({
  sku,
  title: sku,
  quantity,
  unitPrice,
  lineTotal: multiply(unitPrice, quantity),
});

const percent = (percentOff: number, more: Partial<Coupon> = {}): Coupon => ({
  code: 'FRIDAY',
  percentOff,
  onSaleItems: false,
  uses: 0,
  ...more,
});

const caseOf = (subtotal: Money) => ({ subtotal, isSale: false, nowMs: Date.now(), usesByBuyer: 0 });

test.each([
  // minor units, basis points, share: half a minor unit and more goes up
  [100, 1_000, 10],
  [105, 1_000, 11],
  [104, 1_000, 10],
  [1, 5_000, 1],
  [1, 4_999, 0],
  [3, 3_333, 1],
  [999, 1_900, 190],
  [0, 10_000, 0],
  [1_000_000_000_000, 9_999, 999_900_000_000],
  [999_999_999_999, 3_333, 333_300_000_000],
  [999_999_999_999, 10_000, 999_999_999_999],
])('%i minor units × %i basis points = %i', (amount, basisPoints, share) => {
  expect(shareOf(amount, basisPoints)).toBe(share);
});

test.each([
  // currency, minor digits, unit price, quantity, percent off, tax in basis points → each part in minor units
  [
    'USD',
    2,
    4_999,
    3,
    15,
    825,
    { subtotal: 14_997, discount: 2_250, shipping: 700, tax: 1_052, total: 14_499 },
  ],
  ['EUR', 2, 333, 3, 33, 1_900, { subtotal: 999, discount: 330, shipping: 700, tax: 127, total: 1_496 }],
  [
    'JPY',
    0,
    49_901,
    1,
    15,
    1_000,
    { subtotal: 49_901, discount: 7_485, shipping: 700, tax: 4_242, total: 47_358 },
  ],
  ['JPY', 0, 1, 1, 50, 1_000, { subtotal: 1, discount: 1, shipping: 700, tax: 0, total: 700 }],
  [
    'KWD',
    3,
    12_345,
    2,
    10,
    500,
    { subtotal: 24_690, discount: 2_469, shipping: 700, tax: 1_111, total: 24_032 },
  ],
  ['CLF', 4, 10_005, 1, 1, 1, { subtotal: 10_005, discount: 100, shipping: 700, tax: 1, total: 10_606 }],
])('a quote in %s, whose minor unit has %i digits, at %i × %i, %i %% off', async (...row) => {
  const [currency, minorDigits, unit, quantity, percentOff, basisPoints, parts] = row;
  expect(minorDigitsOf(currency)).toBe(minorDigits);
  const lines = [line({ amount: unit, currency }, quantity)];
  const off = discountOf(percent(percentOff), caseOf({ amount: parts.subtotal, currency }));
  expect(off).toEqual({ kind: 'discount', discount: { amount: parts.discount, currency } });
  const calculators = calculatorsOf({
    shipping: [{ country: '*', price: { amount: 700, currency } }],
    tax: [{ country: 'GB', basisPoints }],
  });
  const quoted = await quote(lines, { amount: parts.discount, currency }, address, calculators);
  const money = Object.entries(parts).map(([name, amount]) => [name, { amount, currency }]);
  expect(quoted).toEqual({ kind: 'quote', price: Object.fromEntries(money), warnings: [] });
});

test('a total does not depend on how its lines were split', async () => {
  const calculators = calculatorsOf({ shipping: [], tax: [{ country: '*', basisPoints: 1_900 }] });
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  const whole = await quote([line(usd(333), 3)], usd(0), address, calculators);
  const split = await quote(
    ['a', 'b', 'c'].map((sku) => line(usd(333), 1, sku)),
    usd(0),
    address,
    calculators,
  );
  expect(split).toEqual(whole);
});

test.each([
  [{ amount: 49_900, currency: 'USD' }, '499.00 USD'],
  [{ amount: 5, currency: 'USD' }, '0.05 USD'],
  [{ amount: 49_900, currency: 'JPY' }, '49900 JPY'],
  [{ amount: 49_900, currency: 'KWD' }, '49.900 KWD'],
  [{ amount: 49_900, currency: 'HUF' }, '499.00 HUF'],
  [{ amount: 49_900, currency: 'IQD' }, '49.900 IQD'],
  [{ amount: 999_999_999_999, currency: 'EUR' }, '9999999999.99 EUR'],
])('%o reads as %s', (money, text) => {
  expect(displayed(money)).toBe(text);
});

test('the minor unit of every currency is that of ISO 4217, whatever this runtime writes', () => {
  const digits = new Map<string, number>();
  for (const [count, codes] of [
    [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
    [3, 'BHD IQD JOD KWD LYD OMR TND'],
    [4, 'CLF UYW'],
  ] as const) {
    for (const code of codes.split(' ')) digits.set(code, count);
  }
  const codes = [...new Set([...Intl.supportedValuesOf('currency'), ...digits.keys()])];
  const wrong = codes.filter((code) => minorDigitsOf(code) !== (digits.get(code) ?? 2));
  expect(wrong).toEqual([]);
  expect(['AFN', 'ALL', 'COP', 'HUF', 'IDR', 'LBP', 'MGA', 'MMK', 'PKR'].map(minorDigitsOf)).toEqual(
    Array(9).fill(2),
  );
});

test('a currency is one of ISO 4217', () => {
  expect(['USD', 'JPY', 'KWD'].every(isCurrency)).toBe(true);
  expect(['usd', 'XYZ', '', 'USDX'].some(isCurrency)).toBe(false);
});

test('what cannot be added up, or is more than an order can cost, is refused', async () => {
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  expect(() => multiply(usd(Number.MAX_SAFE_INTEGER), 2)).toThrow(RangeError);
  expect(() => sum([usd(Number.MAX_SAFE_INTEGER), usd(1)])).toThrow(RangeError);
  expect(() => sum([usd(1), { amount: 1, currency: 'EUR' }])).toThrow(RangeError);
  const calculators = calculatorsOf();
  const dear = line(usd(1_000_000_000_000));
  expect(await quote([dear], usd(0), null, calculators)).toMatchObject({ kind: 'quote' });
  for (const lines of [
    [dear, line(usd(1), 1, 'case')],
    [line(usd(Number.MAX_SAFE_INTEGER)), line(usd(Number.MAX_SAFE_INTEGER), 1, 'case')],
  ]) {
    expect(await quote(lines, usd(0), null, calculators)).toMatchObject({
      kind: 'refused',
      code: 'invalid_request',
    });
  }
});

test('a coupon counts only where it says so', () => {
  const nowMs = Date.parse('2026-11-27T12:00:00.000Z');
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  const held = { subtotal: usd(10_000), isSale: false, nowMs, usesByBuyer: 0 };
  const kind = (coupon: Coupon, more: Partial<typeof held> = {}) =>
    discountOf(coupon, { ...held, ...more }).kind;
  const fixed = (amount: number): Coupon => ({
    code: 'TEN',
    amountOff: usd(amount),
    onSaleItems: false,
    uses: 0,
  });

  expect(discountOf(fixed(1_000), held)).toEqual({ kind: 'discount', discount: usd(1_000) });
  // Never more than there is.
  expect(discountOf(fixed(10_001), held)).toEqual({ kind: 'discount', discount: usd(10_000) });
  expect(discountOf(percent(100), held)).toEqual({ kind: 'discount', discount: usd(10_000) });
  expect(kind(fixed(1_000), { subtotal: { amount: 10_000, currency: 'EUR' } })).toBe('not_applicable');
  expect(kind(percent(10, { minimumSubtotal: usd(10_000) }))).toBe('discount');
  expect(kind(percent(10, { minimumSubtotal: usd(10_001) }))).toBe('not_applicable');
  expect(kind(percent(10, { validFrom: '2026-11-27T12:00:00.000Z' }))).toBe('discount');
  expect(kind(percent(10, { validFrom: '2026-11-27T12:00:00.001Z' }))).toBe('not_applicable');
  expect(kind(percent(10, { validUntil: '2026-11-27T12:00:00.001Z' }))).toBe('discount');
  expect(kind(percent(10, { validUntil: '2026-11-27T12:00:00.000Z' }))).toBe('not_applicable');
  expect(kind(percent(10), { isSale: true })).toBe('not_applicable');
  expect(kind(percent(10, { onSaleItems: true }), { isSale: true })).toBe('discount');
  expect(kind(percent(10, { usesMax: 5, uses: 4 }))).toBe('discount');
  expect(kind(percent(10, { usesMax: 5, uses: 5 }))).toBe('used_up');
  expect(kind(percent(10, { usesPerBuyerMax: 1 }))).toBe('discount');
  expect(kind(percent(10, { usesPerBuyerMax: 1 }), { usesByBuyer: 1 })).toBe('used_up');
});

test('a table of rates is looked up from the top', async () => {
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  const calculators = calculatorsOf(
    parseRates(
      JSON.stringify({
        shipping: [
          { country: 'US', region: 'AK', price: usd(2_500) },
          { country: 'US', price: usd(500), freeFrom: usd(10_000) },
          { country: '*', price: usd(4_000) },
        ],
        tax: [
          { country: 'US', region: 'CA', basisPoints: 725 },
          { country: 'US', basisPoints: 0 },
        ],
      }),
    ),
  );
  const at = async (amount: number, country: string, region?: string) => {
    const there = { ...address, country, ...(region === undefined ? {} : { region }) };
    const quoted = await quote([line(usd(amount))], usd(0), there, calculators);
    if (quoted.kind === 'refused') return quoted;
    const { shipping, tax } = quoted.price;
    return [shipping.amount, tax.amount, quoted.warnings.length];
  };
  expect(await at(9_999, 'US', 'CA')).toEqual([500, 725, 0]);
  expect(await at(10_000, 'US', 'CA')).toEqual([0, 725, 0]);
  expect(await at(10_000, 'US', 'AK')).toEqual([2_500, 0, 0]);
  // Nobody said what tax is there: an estimate, and a warning.
  expect(await at(10_000, 'FR')).toEqual([4_000, 0, 1]);
  expect(() => parseRates('{"shipping": [], "tax": [{"country": "USA", "basisPoints": 1}]}')).toThrow(
    /country/,
  );
});

test('a calculator that fails, or is late, or talks nonsense, costs a warning and not the sale', async () => {
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  const works = calculatorsOf({ shipping: [], tax: [{ country: '*', basisPoints: 1_000 }] });
  for (const shipping of [
    () => {
      throw new Error('away');
    },
    () => new Promise<never>(() => {}),
    async () => usd(-1),
    async () => usd(1.5),
    async () => ({ amount: 1, currency: 'EUR' }),
  ]) {
    const quoted = await quote([line(usd(1_000))], usd(0), address, { ...works, shipping, answerMsMax: 20 });
    expect(quoted).toMatchObject({ price: { shipping: usd(0), tax: usd(100), total: usd(1_100) } });
    expect('warnings' in quoted && quoted.warnings).toEqual([expect.stringContaining('Shipping')]);
  }
});
