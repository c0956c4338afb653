import { expect, test, vi } from 'vitest';
import { refuse } from '../../engine/contracts/errors.ts';
import type { Principal } from './authentication.ts';
import { rememberingLogins } from './remembered-logins.ts';

function counting(lastsMs: number) {
  let verified = 0;
  const authenticate = rememberingLogins((token) => {
    verified += 1;
    if (token.startsWith('forged')) return refuse('unauthenticated');
    const principal: Principal = {
      kind: 'principal',
      buyerId: token,
      role: 'buyer',
      email: null,
      expiresAtMs: startMs + lastsMs,
    };
    return token.startsWith('fetched') ? Promise.resolve(principal) : principal;
  });
  return { authenticate, verified: () => verified };
}
const startMs = Date.parse('2027-11-26T09:00:00Z');

function atTime(ms: number) {
  vi.spyOn(Date, 'now').mockReturnValue(startMs + ms);
}

test('a token is verified once, and each token is its own buyer', async () => {
  atTime(0);
  const { authenticate, verified } = counting(3_600_000);
  for (const token of ['ana', 'bea', 'fetched-cy', 'ana', 'bea', 'fetched-cy']) {
    expect(await authenticate(token)).toMatchObject({ buyerId: token });
  }
  expect(verified()).toBe(3);
});

test('what is remembered ends with the token, and after a minute at most', async () => {
  atTime(0);
  const short = counting(5_000);
  const long = counting(3_600_000);
  await short.authenticate('ana');
  await long.authenticate('ana');
  atTime(4_999);
  await short.authenticate('ana');
  expect(short.verified()).toBe(1);
  atTime(5_000);
  await short.authenticate('ana');
  expect(short.verified()).toBe(2);
  atTime(59_999);
  await long.authenticate('ana');
  expect(long.verified()).toBe(1);
  atTime(60_000);
  await long.authenticate('ana');
  expect(long.verified()).toBe(2);
});

test('a refused token is asked about each time, and pushes nobody out', async () => {
  atTime(0);
  const { authenticate, verified } = counting(3_600_000);
  await authenticate('ana');
  for (let forged = 0; forged < 30_000; forged += 1) await authenticate(`forged-${forged}`);
  expect(await authenticate('forged-0')).toMatchObject({ code: 'unauthenticated' });
  await authenticate('ana');
  expect(verified()).toBe(30_002);
});

test('a remembered token lets no other one in that ends like it', async () => {
  atTime(0);
  const { authenticate } = counting(3_600_000);
  const signature = 's'.repeat(43);
  await authenticate(`ana.${signature}`);
  expect(await authenticate(`forged.${signature}`)).toMatchObject({ code: 'unauthenticated' });
  expect(await authenticate(`bea.${signature}`)).toMatchObject({ buyerId: `bea.${signature}` });
});

test('of many logins the oldest are forgotten', async () => {
  atTime(0);
  const { authenticate, verified } = counting(3_600_000);
  for (let buyer = 0; buyer < 25_000; buyer += 1) await authenticate(`buyer-${buyer}`);
  await authenticate('buyer-0');
  expect(verified()).toBe(25_001);
  await authenticate('buyer-24999');
  expect(verified()).toBe(25_001);
});

test('a token too long to be kept is verified each time', async () => {
  atTime(0);
  const { authenticate, verified } = counting(3_600_000);
  const long = 'x'.repeat(3_000);
  await authenticate(long);
  await authenticate(long);
  expect(verified()).toBe(2);
});
