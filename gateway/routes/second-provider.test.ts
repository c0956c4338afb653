import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSimulator } from '../../persistence/fixtures/simulator.ts';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

/** Nobody listens on a port that only the system may open. */
const nowhere = 'http://127.0.0.1:1';

let second: Awaited<ReturnType<typeof testSimulator>>;
let house: House;
beforeAll(async () => {
  second = await testSimulator();
  house = await openHouse({
    PROVIDER_URL: nowhere,
    SECOND_PROVIDER_URL: second.url,
    SECOND_PROVIDER_NAME: 'other-bank',
  });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  second.close();
  expect(undocumented).toEqual([]);
});

/** A unit that this buyer holds, of a sale at a price of its own. */
async function held(as: string, amount: number) {
  const items = [{ sku: 'ps5', title: 'PlayStation 5', price: { amount, currency: 'USD' }, units: 1 }];
  const { body } = await house.reserve(await house.sale({ items }), as);
  return body as { checkoutId: string; purchaseToken: string };
}

const pay = (checkoutId: string, as: string, key: string, body: object, headers: object = {}) =>
  house.ask('POST', `/checkout/${checkoutId}/pay`, {
    as,
    body: { paymentMethod: 'card', ...body },
    headers: { 'idempotency-key': key, ...headers },
  });
const waiting = { prefer: 'wait=30' };

test('with the first provider away a payment goes through the second with its token there, once', async () => {
  const before = await second.tally();
  const { checkoutId } = await held('ana', 10_001);
  // The token of the first would be declined.
  const body = { paymentToken: 'tok_declined', paymentTokens: { 'other-bank': 'tok_visa' } };
  const clicks = await Promise.all([1, 2, 3].map(() => pay(checkoutId, 'ana', 'k', body, waiting)));
  for (const { status } of clicks) expect([201, 202, 409]).toContain(status);
  const paid = await house.until(
    () => pay(checkoutId, 'ana', 'k', body),
    ({ status }) => status === 201,
  );
  expect(paid).toMatchObject({
    body: { status: 'confirmed', paymentStatus: 'captured', total: { amount: 10_001, currency: 'USD' } },
  });
  const after = await second.tally();
  expect(after).toMatchObject({
    captured: {
      count: before.captured.count + 1,
      sums: [{ amount: (before.captured.sums[0]?.amount ?? 0) + 10_001, currency: 'USD' }],
    },
    declined: before.declined,
    paymentsSeen: before.paymentsSeen + 1,
    referencesCapturedTwice: [],
  });
});

test('a card is declined as the second provider says, and another pays the same order there', async () => {
  const { checkoutId } = await held('ben', 20_002);
  const before = await second.tally();
  const poor = { paymentToken: 'tok_visa', paymentTokens: { 'other-bank': 'tok_insufficient' } };
  const declined = await pay(checkoutId, 'ben', 'k1', poor, waiting);
  expect(declined).toMatchObject({ status: 402, body: { declineCode: 'insufficient_funds' } });
  expect((await second.tally()).captured).toEqual(before.captured);
  const body = { paymentToken: 'tok_visa', paymentTokens: { 'other-bank': 'tok_visa' } };
  expect((await pay(checkoutId, 'ben', 'k2', body, waiting)).status).toBe(201);
  expect((await second.tally()).captured.count).toBe(before.captured.count + 1);
});

test('over the socket it is the same', async () => {
  const client = await SocketClient.open(house.port, { token: tokenFor('cleo') });
  const { checkoutId, purchaseToken } = await held('cleo', 30_003);
  const before = await second.tally();
  const frame = { op: 'pay', checkoutId, purchaseToken, paymentMethod: 'card', idempotencyKey: 'k' };
  const tokens = { paymentToken: 'tok_declined', paymentTokens: { 'other-bank': 'tok_visa' } };
  expect(await client.ask({ ...frame, ...tokens, paymentTokens: { 'other-bank': 'visa' } })).toMatchObject({
    ev: 'error',
    code: 'invalid_request',
    field: 'paymentTokens.other-bank',
  });
  const order = await client.ask({ ...frame, ...tokens });
  expect(order).toMatchObject({ ev: 'order', status: 'pending' });
  expect(await client.next('order')).toMatchObject({
    orderId: order.orderId,
    status: 'confirmed',
    paymentStatus: 'captured',
  });
  expect(await client.ask({ ...frame, ...tokens, paymentTokens: { 'other-bank': 'tok_3ds' } })).toMatchObject(
    { ev: 'error', code: 'idempotency_key_reused' },
  );
  expect(await client.ask({ ...frame, ...tokens })).toMatchObject({ ev: 'order', status: 'confirmed' });
  // The key is one thing on both transports.
  const overHttp = await pay(checkoutId, 'cleo', 'k', tokens);
  expect([overHttp.status, overHttp.headers['idempotency-replayed']]).toEqual([201, 'true']);
  expect((await second.tally()).captured.count).toBe(before.captured.count + 1);
  client.close();
});

test('the same key with other tokens is another request; their order says nothing', async () => {
  const { checkoutId } = await held('dora', 40_004);
  const ask = (body: object) =>
    pay(checkoutId, 'dora', 'k', { paymentToken: 'tok_declined', ...body }, waiting);
  const paymentTokens = { 'other-bank': 'tok_visa', third: 'tok_3ds' };
  expect((await ask({ paymentTokens })).status).toBe(201);
  const before = await second.tally();
  for (const others of [
    {},
    { paymentTokens: {} },
    { paymentTokens: { 'other-bank': 'tok_visa' } },
    { paymentTokens: { ...paymentTokens, third: 'tok_visa' } },
    { paymentTokens: { 'other-bank': 'tok_3ds', third: 'tok_visa' } },
    { paymentTokens: { ...paymentTokens, fourth: 'tok_visa' } },
  ]) {
    expect(await ask(others)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  }
  const again = await ask({ paymentTokens: { third: 'tok_3ds', 'other-bank': 'tok_visa' } });
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
  expect((await second.tally()).paymentsSeen).toBe(before.paymentsSeen);
});

test('tokens that are malformed are named, and nothing is begun', async () => {
  const { checkoutId } = await held('eva', 50_005);
  const before = await second.tally();
  const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'tok_visa']));
  for (const [paymentTokens, field] of [
    ['tok_visa', 'paymentTokens'],
    [['tok_visa'], 'paymentTokens'],
    [null, 'paymentTokens'],
    [many, 'paymentTokens'],
    [{ 'other-bank': 'visa' }, 'paymentTokens.other-bank'],
    [{ 'other-bank': 4_242 }, 'paymentTokens.other-bank'],
    [{ 'other-bank': '4242424242424242' }, 'paymentTokens.other-bank'],
    [{ 'Other Bank': 'tok_visa' }, 'paymentTokens.Other Bank'],
  ] as const) {
    const answer = await pay(checkoutId, 'eva', 'k', { paymentToken: 'tok_visa', paymentTokens });
    expect(answer, JSON.stringify(paymentTokens)).toMatchObject({
      status: 422,
      body: { code: 'invalid_request', field },
    });
  }
  expect((await second.tally()).paymentsSeen).toBe(before.paymentsSeen);
  // The key is free for what is well-formed.
  const body = { paymentToken: 'tok_visa', paymentTokens: { 'other-bank': 'tok_visa' } };
  expect((await pay(checkoutId, 'eva', 'k', body, waiting)).status).toBe(201);
});

test('whoever has no token there is not charged there: the payment waits for the first', async () => {
  const { checkoutId } = await held('fay', 60_006);
  const before = await second.tally();
  const body = { paymentToken: 'tok_visa', paymentTokens: { third: 'tok_visa' } };
  const answer = await pay(checkoutId, 'fay', 'k', body, { prefer: 'wait=2' });
  expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
  expect((await second.tally()).paymentsSeen).toBe(before.paymentsSeen);
});
