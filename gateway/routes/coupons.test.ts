import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { type House, openHouse } from '../fixtures/house.ts';
import { type Answer, pause } from '../fixtures/http-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ RATE_BUYER_BURST: '1000' });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

/** `COUPON_BUYERS=1000 COUPON_BUDGET=100` is the crowd of the whole promise. */
const buyers = Number(process.env.COUPON_BUYERS ?? 150);
const budget = Number(process.env.COUPON_BUDGET ?? 15);

const usd = (amount: number) => ({ amount, currency: 'USD' });
let codes = 0;
const create = (body: object) => house.operate('POST', '/api/v1/admin/coupons', { body });
async function coupon(terms: object = {}): Promise<string> {
  const code = `FRIDAY-${++codes}`;
  const body = {
    code,
    ...('amountOff' in terms ? {} : { percentOff: 10 }),
    onSaleItems: true,
    ...terms,
  };
  expect(await create(body)).toMatchObject({ status: 201, body: { ...body, uses: 0 } });
  return code;
}
const usesOf = async (code: string): Promise<number> =>
  (await house.operate('GET', `/api/v1/admin/coupons/${code}`)).body.uses;

const heldBy = async (as: string, fields: Partial<CreateSale> & { units?: number } = {}) => {
  const saleId = await house.sale({ units: 1, ...fields });
  const { body } = await house.reserve(saleId, as);
  return { saleId, checkoutId: body.checkoutId as string, reservationId: body.reservation.id as string };
};
const apply = (checkoutId: string, as: string, couponCode: string | null) =>
  house.ask('PATCH', `/checkout/${checkoutId}`, { as, body: { couponCode } });
const payWith = (checkoutId: string, as: string, key: string, more: object = {}) =>
  house.ask('POST', `/checkout/${checkoutId}/pay`, {
    as,
    body: { paymentMethod: 'card', paymentToken: 'tok_visa', ...more },
    headers: { 'idempotency-key': key, prefer: 'wait=20' },
  });

/** Again and again while a gateway that is overrun says 503, which is what it says it for. */
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await pause(200);
  }
}

test('what it takes off is what is charged, and the order says which it was', async () => {
  const code = await coupon();
  const { checkoutId } = await heldBy('ana');
  expect(await apply(checkoutId, 'ana', code)).toMatchObject({
    status: 200,
    body: { couponCode: code, subtotal: usd(49_900), discount: usd(4_990), total: usd(44_910) },
  });
  expect(await apply(checkoutId, 'ana', null)).toMatchObject({
    body: { couponCode: null, discount: usd(0), total: usd(49_900) },
  });
  await apply(checkoutId, 'ana', code);
  const paid = await payWith(checkoutId, 'ana', 'k');
  expect(paid).toMatchObject({ status: 201, body: { total: usd(44_910) } });
  expect((await house.ask('GET', `/orders/${paid.body.orderId}`, { as: 'ana' })).body).toMatchObject({
    couponCode: code,
    discount: usd(4_990),
    total: usd(44_910),
  });
  expect(await usesOf(code)).toBe(1);
  // Paid is used, whatever becomes of the order.
  await house.ask('POST', `/orders/${paid.body.orderId}/cancel`, {
    as: 'ana',
    body: {},
    headers: { 'idempotency-key': 'c' },
  });
  expect(await usesOf(code)).toBe(1);
});

test('all of the price may be taken off, and nobody is asked for a charge of nothing', async () => {
  const { saleId, checkoutId } = await heldBy('abe');
  await apply(checkoutId, 'abe', await coupon({ percentOff: 100 }));
  expect(await payWith(checkoutId, 'abe', 'k')).toMatchObject({ status: 201, body: { total: usd(0) } });
  const { body: audit } = await house.until(
    () => house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`),
    ({ body }) => body.items[0].sold === 1 && body.relay.lagEntries === 0,
  );
  expect(audit).toMatchObject({ orders: { confirmed: 1 }, payments: { captured: 1 }, discrepancies: [] });
});

test('where it takes nothing off it is refused with the reason, and changes nothing', async () => {
  const { checkoutId } = await heldBy('ben');
  const good = await coupon({ percentOff: 1 });
  await apply(checkoutId, 'ben', good);
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const before = new Date(Date.now() - 3_600_000).toISOString();
  for (const [code, status, said] of [
    ['NO-SUCH', 422, /no such coupon/],
    [await coupon({ onSaleItems: false }), 422, /sold in a sale/],
    [await coupon({ minimumSubtotal: usd(49_901) }), 422, /499\.01 USD/],
    [await coupon({ validFrom: later }), 422, /not valid yet/],
    [await coupon({ validUntil: before }), 422, /expired/],
    [await coupon({ amountOff: { amount: 1, currency: 'EUR' } }), 422, /orders in EUR/],
  ] as const) {
    expect(await apply(checkoutId, 'ben', code)).toMatchObject({
      status,
      body: {
        code: 'coupon_not_applicable',
        field: 'couponCode',
        detail: expect.stringMatching(said),
        retryable: false,
      },
    });
  }
  expect(await apply(checkoutId, 'ben', 'not a code')).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field: 'couponCode' },
  });
  expect((await house.ask('GET', `/checkout/${checkoutId}`, { as: 'ben' })).body).toMatchObject({
    couponCode: good,
    discount: usd(499),
  });
});

test('whoever shows a token is not charged more than it says, also where their order costs more by now', async () => {
  const code = await coupon({ usesMax: 1 });
  const { checkoutId } = await heldBy('eve');
  const { purchaseToken } = (await apply(checkoutId, 'eve', code)).body;
  const quicker = await heldBy('fay');
  await apply(quicker.checkoutId, 'fay', code);
  expect((await payWith(quicker.checkoutId, 'fay', 'k')).status).toBe(201);
  // Placed without the coupon, which is as much as she expects; then her card is declined.
  const declined = { paymentToken: 'tok_declined', expectedTotal: usd(49_900) };
  expect((await payWith(checkoutId, 'eve', 'k1', declined)).status).toBe(402);
  expect(await payWith(checkoutId, 'eve', 'k2', { purchaseToken })).toMatchObject({
    status: 409,
    body: { code: 'price_changed', oldTotal: usd(44_910), newTotal: usd(49_900) },
  });
  const { body } = await house.ask('GET', `/checkout/${checkoutId}`, { as: 'eve' });
  expect(await payWith(checkoutId, 'eve', 'k3', { purchaseToken: body.purchaseToken })).toMatchObject({
    status: 201,
    body: { total: usd(49_900) },
  });
});

test('a use comes back when the order ends unpaid', async () => {
  const code = await coupon({ usesMax: 1 });
  const ends = {
    async 'the hold is released'(id: string) {
      await house.ask('DELETE', `/reservations/rsv_${id}`, { as: 'cid' });
    },
    async 'the order is cancelled'(id: string) {
      await house.ask('POST', `/orders/ord_${id}/cancel`, {
        as: 'cid',
        body: {},
        headers: { 'idempotency-key': id },
      });
    },
  };
  for (const end of Object.values(ends)) {
    const { checkoutId } = await heldBy('cid');
    expect((await apply(checkoutId, 'cid', code)).status).toBe(200);
    await payWith(checkoutId, 'cid', `declined ${checkoutId}`, { paymentToken: 'tok_declined' });
    expect(await usesOf(code)).toBe(1);
    const other = await heldBy('dan');
    expect(await apply(other.checkoutId, 'dan', code)).toMatchObject({
      status: 409,
      body: { code: 'coupon_used_up', field: 'couponCode' },
    });
    await end(checkoutId.slice(4));
    await house.until(
      () => house.operate('GET', `/api/v1/admin/coupons/${code}`),
      ({ body }) => body.uses === 0,
    );
  }
});

test(`a budget of ${budget} with ${buyers} buyers at once: exactly ${budget} use it, the others are asked`, async () => {
  const code = await coupon({ usesMax: budget });
  const saleId = await house.sale({ units: buyers, perBuyerLimit: 1 });
  const checkouts = await Promise.all(
    Array.from({ length: buyers }, async (_, i) => {
      const as = `buyer ${i}`;
      const { checkoutId } = (await insist(() => house.reserve(saleId, as))).body;
      const applied = await insist(() => apply(checkoutId, as, code));
      expect(applied).toMatchObject({ status: 200, body: { total: usd(44_910) } });
      return { as, checkoutId };
    }),
  );
  const paid = await Promise.all(
    checkouts.map(async (one) => ({
      ...one,
      answer: await insist(() => payWith(one.checkoutId, one.as, 'k')),
    })),
  );
  const asked = paid.filter(({ answer }) => answer.status === 409);
  expect(paid.filter(({ answer }) => answer.status < 300)).toHaveLength(budget);
  expect(asked).toHaveLength(buyers - budget);
  expect(await usesOf(code)).toBe(budget);

  const one = asked[0] as (typeof asked)[0];
  expect(one.answer.body).toMatchObject({
    code: 'price_changed',
    oldTotal: usd(44_910),
    newTotal: usd(49_900),
    detail: expect.stringContaining(code),
  });
  expect((await house.ask('GET', `/checkout/${one.checkoutId}`, { as: one.as })).body).toMatchObject({
    couponCode: null,
    total: usd(49_900),
    warnings: expect.arrayContaining([`Coupon ${code} is used up.`]),
  });
  // Its repeat agrees to no more than it did before.
  expect(await payWith(one.checkoutId, one.as, 'k')).toMatchObject({
    status: 409,
    headers: { 'content-type': 'application/problem+json', 'idempotency-replayed': 'true' },
    body: one.answer.body,
  });
  expect(await payWith(one.checkoutId, one.as, 'k', { expectedTotal: usd(49_900) })).toMatchObject({
    status: 201,
    body: { total: usd(49_900) },
  });
}, 300_000);

test('a coupon says one thing, once', async () => {
  const code = await coupon({ amountOff: usd(500), usesMax: 3, usesPerBuyerMax: 1 });
  expect(await create({ code, percentOff: 5 })).toMatchObject({
    status: 409,
    body: { code: 'coupon_exists', field: 'code' },
  });
  for (const [body, field] of [
    [{ code: 'X' }, 'percentOff'],
    [{ code: 'X', percentOff: 10, amountOff: usd(1) }, 'amountOff'],
    [{ code: 'X', percentOff: 101 }, 'percentOff'],
    [{ code: 'X', amountOff: usd(0) }, 'amountOff.amount'],
    [{ code: 'X', amountOff: { amount: 1, currency: 'XYZ' } }, 'amountOff.currency'],
    [
      { code: 'X', amountOff: usd(1), minimumSubtotal: { amount: 1, currency: 'EUR' } },
      'minimumSubtotal.currency',
    ],
    [{ code: 'X', percentOff: 1, usesMax: 0 }, 'usesMax'],
    [{ code: 'X', percentOff: 1, validUntil: '2026-02-30T00:00:00Z' }, 'validUntil'],
    [
      { code: 'X', percentOff: 1, validFrom: '2026-02-02T00:00:00Z', validUntil: '2026-02-02T00:00:00Z' },
      'validUntil',
    ],
    [{ code: 'X', percentOff: 1, free: true }, 'free'],
    [{ code: 'a b', percentOff: 1 }, 'code'],
  ] as const) {
    expect(await create(body)).toMatchObject({ status: 422, body: { code: 'invalid_request', field } });
  }
  expect(await house.operate('GET', '/api/v1/admin/coupons/X')).toMatchObject({
    status: 404,
    body: { code: 'coupon_not_found' },
  });
  const first = await house.operate('GET', '/api/v1/admin/coupons?limit=2');
  const second = await house.operate(
    'GET',
    `/api/v1/admin/coupons?limit=100&cursor=${first.body.nextCursor}`,
  );
  const listed = [...first.body.data, ...second.body.data].map((one: { code: string }) => one.code);
  expect(listed).toHaveLength(codes);
  expect(listed).toEqual([...listed].sort());
  expect(
    await house.operate('POST', '/api/v1/admin/coupons', { as: 'ann', role: 'buyer', body: {} }),
  ).toMatchObject({ status: 403 });
});
