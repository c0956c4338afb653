import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { london as shippingAddress } from '../fixtures/addresses.ts';
import { type House, openHouse } from '../fixtures/house.ts';

const rates = {
  shipping: [
    { country: 'GB', price: { amount: 700, currency: 'JPY' } },
    { country: 'GB', price: { amount: 1_500, currency: 'KWD' } },
  ],
  tax: [{ country: 'GB', basisPoints: 1_000 }],
};

let folder: string;
let house: House;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'rates-'));
  const file = path.join(folder, 'rates.json');
  writeFileSync(file, JSON.stringify(rates));
  house = await openHouse({ RATES_FILE: file });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  rmSync(folder, { recursive: true });
  expect(undocumented).toEqual([]);
});

/** What the provider took and gave back in that currency, in its minor units. */
async function moved(of: string) {
  type Sums = { sums: { amount: number; currency: string }[] };
  const answer = await fetch(`${house.providerUrl}/control/charges`);
  const { captured, refunded } = (await answer.json()) as { captured: Sums; refunded: Sums };
  const amount = ({ sums }: Sums) => sums.find(({ currency }) => currency === of)?.amount ?? 0;
  return { captured: amount(captured), refunded: amount(refunded) };
}

test.each([
  // ¥49905 twice; 15 % of ¥99810 are ¥14971.5; 10 % of ¥84838 are ¥8483.8.
  {
    currency: 'JPY',
    unit: 49_905,
    parts: { subtotal: 99_810, discount: 14_972, shipping: 700, tax: 8_484, total: 94_022 },
  },
  // 12.345 KWD twice; 15 % of 24.690 are 3.7035; 10 % of 20.986 are 2.0986.
  {
    currency: 'KWD',
    unit: 12_345,
    parts: { subtotal: 24_690, discount: 3_704, shipping: 1_500, tax: 2_099, total: 24_585 },
  },
])('an order in $currency costs what it comes to by hand, and that is what moves', async (row) => {
  const { currency, unit, parts } = row;
  const money = (amount: number) => ({ amount, currency });
  const prices = Object.fromEntries(Object.entries(parts).map(([name, amount]) => [name, money(amount)]));
  const as = `buyer of ${currency}`;
  const saleId = await house.sale({
    items: [{ sku: 'ps5', title: 'PlayStation 5', price: money(unit), units: 2 }],
  });
  const couponCode = `FIFTEEN-${currency}`;
  const coupon = { code: couponCode, percentOff: 15, onSaleItems: true };
  expect((await house.operate('POST', '/api/v1/admin/coupons', { body: coupon })).status).toBe(201);

  const { body: held } = await house.reserve(saleId, as, 2);
  expect(held.total).toEqual(money(parts.subtotal));
  const checkout = `/checkout/${held.checkoutId}`;
  const seen = await house.ask('PATCH', checkout, { as, body: { shippingAddress, couponCode } });
  expect(seen).toMatchObject({ status: 200, body: { ...prices, couponCode, warnings: [] } });

  const payAt = (expectedTotal: object, key: string) =>
    house.ask('POST', `${checkout}/pay`, {
      as,
      body: {
        paymentMethod: 'card',
        paymentToken: 'tok_visa',
        purchaseToken: seen.body.purchaseToken,
        expectedTotal,
      },
      headers: { 'idempotency-key': key, prefer: 'wait=30' },
    });
  // What it would be in hundredths, and one less than it is.
  for (const [at, amount] of [Math.floor(parts.total / 100), parts.total - 1].entries()) {
    expect(await payAt(money(amount), `less ${at}`)).toMatchObject({
      status: 409,
      body: { code: 'price_changed' },
    });
  }
  expect(await moved(currency)).toEqual({ captured: 0, refunded: 0 });
  const paid = await payAt(money(parts.total), 'pay');
  expect(paid).toMatchObject({ status: 201, body: { status: 'confirmed', total: money(parts.total) } });
  expect(await moved(currency)).toEqual({ captured: parts.total, refunded: 0 });

  const orderPath = `/orders/${paid.body.orderId}`;
  const order = await house.ask('GET', orderPath, { as });
  expect(order.body).toMatchObject({ ...prices, paymentStatus: 'captured' });
  expect(order.body.items).toMatchObject([
    { quantity: 2, unitPrice: money(unit), lineTotal: money(parts.subtotal) },
  ]);

  const refund = (amount: number, key: string) =>
    house.operate('POST', `/api/v1/admin${orderPath}/refunds`, {
      body: { amount: money(amount), reason: 'a scratch' },
      headers: { 'idempotency-key': `${currency} ${key}` },
    });
  expect(await refund(1_001, 'a part')).toMatchObject({ status: 201, body: { amount: money(1_001) } });
  const back = await house.until(
    () => house.ask('GET', orderPath, { as }),
    ({ body }) => body.refunds[0]?.status === 'refunded',
  );
  expect(back.body).toMatchObject({
    status: 'confirmed',
    paymentStatus: 'captured',
    refunds: [{ amount: money(1_001) }],
  });
  expect(await moved(currency)).toEqual({ captured: parts.total, refunded: 1_001 });
  expect(await refund(parts.total - 1_000, 'too much')).toMatchObject({
    status: 409,
    body: { code: 'refund_exceeds_captured', refundable: money(parts.total - 1_001) },
  });
  expect((await refund(parts.total - 1_001, 'the rest')).status).toBe(201);
  await house.until(
    () => house.ask('GET', orderPath, { as }),
    ({ body }) => body.paymentStatus === 'refunded',
  );
  expect(await moved(currency)).toEqual({ captured: parts.total, refunded: parts.total });
  const { body: audit } = await house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`),
    ({ body }) => body.items[0].sold === 2 && body.relay.lagEntries === 0,
  );
  expect(audit).toMatchObject({ ledger: { sold: 2, balanced: true }, discrepancies: [] });
});
