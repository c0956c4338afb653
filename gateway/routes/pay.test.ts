import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const heldBy = async (as: string) => {
  const saleId = await house.sale({ units: 1 });
  const { body } = await house.reserve(saleId, as);
  return { saleId, checkoutId: body.checkoutId as string };
};

test('a key is asked for, and means one thing', async () => {
  const { checkoutId } = await heldBy('ana');
  const body = { paymentMethod: 'card', paymentToken: 'tok_visa' };
  expect(await house.ask('POST', `/checkout/${checkoutId}/pay`, { as: 'ana', body })).toMatchObject({
    status: 400,
    body: { code: 'idempotency_key_required' },
  });
  const first = await house.pay(checkoutId, 'ana', 'one thing');
  expect(first).toMatchObject({ status: 202, body: { status: 'pending' } });
  expect(first.headers.location).toBe(`/api/v1/orders/${first.body.orderId}`);
  const settled = await house.until(
    () => house.pay(checkoutId, 'ana', 'one thing'),
    ({ status }) => status === 201,
  );
  expect(settled.headers['idempotency-replayed']).toBe('true');
  expect(settled.body.orderId).toBe(first.body.orderId);
  expect(await house.pay(checkoutId, 'ana', 'one thing', 'tok_declined')).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  expect(await house.pay(checkoutId, 'ana', 'another thing')).toMatchObject({
    status: 409,
    body: { code: 'already_paid', orderId: first.body.orderId },
  });
});

test('a declined card is said with its reason, and another one pays the same order', async () => {
  const { checkoutId } = await heldBy('ana');
  const declined = await house.pay(checkoutId, 'ana', 'd1', 'tok_insufficient', { prefer: 'wait=10' });
  expect(declined).toMatchObject({
    status: 402,
    body: { code: 'payment_declined', declineCode: 'insufficient_funds', retryable: false },
  });
  expect(declined.headers['content-type']).toBe('application/problem+json');
  expect(declined.body.requestId).toBe(declined.headers['x-request-id']);
  const replayed = await house.pay(checkoutId, 'ana', 'd1', 'tok_insufficient');
  expect([replayed.status, replayed.text]).toEqual([402, declined.text]);
  expect(replayed.headers['idempotency-replayed']).toBe('true');
  const paid = await house.pay(checkoutId, 'ana', 'd2', 'tok_visa', { prefer: 'wait=10' });
  expect(paid.status).toBe(201);
  expect(paid.body.orderId.slice(4)).toBe(checkoutId.slice(4));
});

test('a decline that was not waited for names the request that began it', async () => {
  const { checkoutId } = await heldBy('ida');
  const headers = { 'x-request-id': 'the-first-request' };
  expect((await house.pay(checkoutId, 'ida', 'i1', 'tok_declined', headers)).status).toBe(202);
  const repeat = () => house.pay(checkoutId, 'ida', 'i1', 'tok_declined');
  const declined = await house.until(repeat, ({ status }) => status === 402);
  expect(declined.body.requestId).toBe('the-first-request');
  expect((await repeat()).text).toBe(declined.text);
  const another = await house.pay(checkoutId, 'ida', 'i2', 'tok_declined', { prefer: 'wait=10' });
  expect(another.body.requestId).toBe(another.headers['x-request-id']);
});

test('a card that is slow is not waited for longer than was asked', async () => {
  const { checkoutId } = await heldBy('ana');
  const answer = await house.pay(checkoutId, 'ana', 's1', 'tok_timeout', { prefer: 'wait=1' });
  expect([201, 202]).toContain(answer.status);
  expect(answer.headers['preference-applied']).toBe('wait=1');
  await house.until(
    () => house.pay(checkoutId, 'ana', 's1', 'tok_timeout'),
    ({ status }) => status === 201,
  );
});

test('a hundred clicks at once are one order', async () => {
  const { saleId, checkoutId } = await heldBy('clicker');
  const answers = await Promise.all(
    Array.from({ length: 100 }, () =>
      house.pay(checkoutId, 'clicker', 'click', 'tok_visa', { prefer: 'wait=5' }),
    ),
  );
  expect(answers.filter(({ status }) => ![201, 202, 409].includes(status))).toEqual([]);
  const orderIds = answers.flatMap(({ status, body }) => (status < 300 ? [body.orderId] : []));
  expect(new Set(orderIds).size).toBe(1);
  expect(await house.pay(checkoutId, 'clicker', 'click', 'tok_visa', { prefer: 'wait=5' })).toMatchObject({
    status: 201,
  });
  const { body: audit } = await house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`);
  expect(audit).toMatchObject({
    oversold: 0,
    orders: { confirmed: 1 },
    payments: { captured: 1, duplicated: 0 },
  });
});
