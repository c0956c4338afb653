import { createSigner } from 'fast-jwt';
import { expect, test } from 'vitest';
import { newReservationId } from '../contracts/ids.ts';
import { testTokenSecret } from '../fixtures/test-sale.ts';
import { signedTickets } from '../waiting-room/ticket.ts';
import { privatePurchaseTokens } from './purchase-token.ts';

const tokens = privatePurchaseTokens(testTokenSecret);
const claims = {
  sub: 'ann',
  sale: 'ps5-friday',
  rsv: newReservationId(7),
  items: [{ sku: 'ps5', quantity: 1 }],
  total: { amount: 49_900, currency: 'USD' },
  exp: 1_800_000_000,
  epoch: 1,
};

test('says what was signed, and the same claims give the same token', () => {
  const token = tokens.sign(claims);
  expect(tokens.verify(token)).toEqual({ typ: 'purchase', ...claims });
  expect(tokens.sign(claims)).toBe(token);
});

test('every single flipped bit is refused', () => {
  for (const token of [
    tokens.sign(claims),
    signedTickets(testTokenSecret).sign({ place: 'a1', sale: 's', index: 3 }),
  ]) {
    const verify = (text: string) => tokens.verify(text) ?? signedTickets(testTokenSecret).verify(text);
    expect(verify(token)).not.toBeNull();
    for (let i = 0; i < token.length; i++) {
      for (let bit = 0; bit < 7; bit++) {
        const altered =
          token.slice(0, i) + String.fromCharCode(token.charCodeAt(i) ^ (1 << bit)) + token.slice(i + 1);
        expect(verify(altered), `bit ${bit} of character ${i}`).toBeNull();
      }
    }
  }
});

test('foreign tokens are refused: no algorithm, another key, a ticket', () => {
  const none = createSigner({ algorithm: 'none' })({ typ: 'purchase', ...claims });
  const otherKey = privatePurchaseTokens('another secret of thirty-two chars').sign(claims);
  const ticket = signedTickets(testTokenSecret).sign({ place: 'a1', sale: 'ps5-friday', index: 0 });
  for (const token of [none, otherKey, ticket, '', 'a.b.c', '..']) expect(tokens.verify(token)).toBeNull();
});
