import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../fixtures/house.ts';
import type { Answer } from '../fixtures/http-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const jwks = () => house.askAt('GET', '/.well-known/jwks.json');
const rotate = () => house.operate('POST', '/api/v1/admin/signing-keys/rotate');
let payments = 0;
const payWith = (held: Answer, as: string, purchaseToken: string): Promise<Answer> => {
  payments += 1;
  return house.ask('POST', `/checkout/${held.body.checkoutId}/pay`, {
    as,
    body: { purchaseToken, paymentMethod: 'card', paymentToken: 'tok_visa' },
    headers: { 'idempotency-key': `key-${payments}`, prefer: 'wait=10' },
  });
};

test('a public token is verified with what is published, and pays', async () => {
  const saleId = await house.sale({ tokens: 'public' });
  const held = await house.reserve(saleId, 'ana');
  const { purchaseToken, reservation, total } = held.body;
  const published = await jwks();
  expect(published.status).toBe(200);
  expect(published.headers['cache-control']).toBe('public, max-age=60');
  expect(published.headers.etag).toBeDefined();
  expect(published.text).not.toContain('"d"');
  const { payload, protectedHeader } = await jwtVerify(purchaseToken, createLocalJWKSet(published.body), {
    algorithms: ['EdDSA'],
  });
  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: published.body.keys[0].kid });
  expect(payload).toEqual({
    typ: 'purchase',
    sub: 'ana',
    sale: saleId,
    rsv: reservation.id,
    items: [{ sku: 'ps5', quantity: 1 }],
    total,
    exp: Math.ceil(Date.parse(reservation.expiresAt) / 1000),
    epoch: 1,
  });
  expect(await payWith(held, 'ana', purchaseToken)).toMatchObject({
    status: 201,
    body: { status: 'confirmed' },
  });
  // It logs nobody in.
  const headers = { authorization: `Bearer ${purchaseToken}` };
  expect((await house.ask('GET', '/orders', { headers })).status).toBe(401);
});

test('a token pays for its buyer, its sale and its reservation, and by its sale’s kind alone', async () => {
  const [publicSale, otherPublic, privateSale] = [
    await house.sale({ tokens: 'public' }),
    await house.sale({ tokens: 'public' }),
    await house.sale(),
  ] as [string, string, string];
  const held = await house.reserve(publicSale, 'bea');
  const elsewhere = await house.reserve(otherPublic, 'bea');
  const privately = await house.reserve(privateSale, 'bea');
  const others = await house.reserve(publicSale, 'cat');
  expect(decodeProtectedHeader(privately.body.purchaseToken).alg).toBe('HS256');

  const refused = { status: 401, body: { code: 'purchase_token_invalid' } };
  expect(await payWith(held, 'bea', elsewhere.body.purchaseToken)).toMatchObject(refused);
  expect(await payWith(held, 'bea', privately.body.purchaseToken)).toMatchObject(refused);
  expect(await payWith(privately, 'bea', held.body.purchaseToken)).toMatchObject(refused);
  expect(await payWith(held, 'bea', others.body.purchaseToken)).toMatchObject({
    status: 403,
    body: { code: 'purchase_token_not_yours' },
  });
  const altered = held.body.purchaseToken.replace(/\.(.)/, (_: string, first: string) =>
    first === 'e' ? '.f' : '.e',
  );
  expect(await payWith(held, 'bea', altered)).toMatchObject(refused);
  expect((await payWith(held, 'bea', held.body.purchaseToken)).status).toBe(201);
  expect((await payWith(privately, 'bea', privately.body.purchaseToken)).status).toBe(201);
});

test('after a rotation tokens of both keys pay', async () => {
  const saleId = await house.sale({ tokens: 'public' });
  const before = await house.reserve(saleId, 'dan');
  const old = (await jwks()).body.keys[0].kid;
  const rotated = await rotate();
  expect(rotated).toMatchObject({ status: 201, body: { previous: { kid: old } } });
  expect(await rotate()).toMatchObject({ status: 200, body: rotated.body });
  // The gateway hears of it by itself; the test does not wait for the next look.
  await house.signingKeys.refresh();
  const after = await house.reserve(saleId, 'eve');
  const { current } = rotated.body;
  expect(decodeProtectedHeader(after.body.purchaseToken).kid).toBe(current.kid);
  expect((await jwks()).body.keys.map(({ kid }: { kid: string }) => kid)).toEqual([current.kid, old]);
  for (const [held, buyer] of [
    [before, 'dan'],
    [after, 'eve'],
  ] as const) {
    expect((await payWith(held, buyer, held.body.purchaseToken)).status).toBe(201);
  }
});

test('only an operator rotates', async () => {
  for (const role of ['buyer', 'seller']) {
    const path = '/api/v1/admin/signing-keys/rotate';
    expect((await house.operate('POST', path, { as: 'sam', role })).status).toBe(403);
  }
});
