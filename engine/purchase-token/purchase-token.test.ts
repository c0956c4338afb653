import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { testTokenSecret } from '../fixtures/test-sale.ts';
import { testClaims, testKey, testKeys } from './fixtures/test-keys.ts';
import type { PurchaseTokenClaims } from './purchase-token.ts';
import { tokensOfSale } from './tokens-of-sale.ts';

const claims: Omit<PurchaseTokenClaims, 'typ'> = { ...testClaims, items: [...testClaims.items] };

describe.each(['private', 'public'] as const)('a %s token', (kind) => {
  const tokens = tokensOfSale(testTokenSecret, testKeys([testKey()]))({ tokens: kind });

  test('says what was signed, and the same claims give the same token', async () => {
    expect(tokens.maySign()).toBe(true);
    const token = tokens.sign(claims);
    expect(await tokens.verify(token)).toEqual({ typ: 'purchase', ...claims });
    expect(tokens.sign(claims)).toBe(token);
  });
});

test('a public token names its key and its algorithm', () => {
  const key = testKey();
  const token = tokensOfSale(testTokenSecret, testKeys([key]))({ tokens: 'public' }).sign(claims);
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: key.kid });
});

test('after a rotation the new key signs, and what the old one signed is still taken', async () => {
  const [old, next] = [testKey(), testKey()];
  const keys = [old];
  const tokens = tokensOfSale(testTokenSecret, testKeys(keys))({ tokens: 'public' });
  const before = tokens.sign(claims);
  keys.unshift(next);
  const after = tokens.sign(claims);
  expect(decodeProtectedHeader(after).kid).toBe(next.kid);
  for (const token of [before, after]) expect(await tokens.verify(token)).not.toBeNull();
  keys.pop();
  expect(await tokens.verify(before)).toBeNull();
  expect(await tokens.verify(after)).not.toBeNull();
});

test('a key that this process has not heard of is looked for, and not for every token', async () => {
  const [known, unheard, foreign] = [testKey(), testKey(), testKey()];
  const keys = [known];
  const ring = testKeys(keys, { onRefresh: () => keys.push(unheard) });
  const tokens = tokensOfSale(testTokenSecret, ring)({ tokens: 'public' });
  const signedWith = (key: typeof known) =>
    tokensOfSale(testTokenSecret, testKeys([key]))({ tokens: 'public' }).sign(claims);
  // A forgery that came first makes nobody else be refused: both wait for the same look.
  const [forged, ...genuine] = await Promise.all(
    [foreign, unheard, unheard].map((key) => tokens.verify(signedWith(key))),
  );
  expect([forged, ...genuine.map((claims) => claims?.sub)]).toEqual([null, 'ann', 'ann']);
  for (let i = 0; i < 100; i++) expect(await tokens.verify(signedWith(foreign))).toBeNull();
  expect(ring.refreshes()).toBe(1);
});

test('without keys nothing may be promised', async () => {
  for (const tokens of [
    tokensOfSale(testTokenSecret, null)({ tokens: 'public' }),
    tokensOfSale(testTokenSecret, testKeys([]))({ tokens: 'public' }),
  ]) {
    expect(tokens.maySign()).toBe(false);
    expect(() => tokens.sign(claims)).toThrow();
  }
});
