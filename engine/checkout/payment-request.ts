import { createHash } from 'node:crypto';
import { type Refusal, refuse } from '../contracts/errors.ts';
import { type CheckoutId, reservationIdOf } from '../contracts/ids.ts';
import type { Money } from '../contracts/money.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Pay } from '../contracts/wire/checkout.ts';
import type { TokensOfSale } from '../purchase-token/tokens-of-sale.ts';

/** A token that pays this checkout, or none. */
export interface CheckedToken {
  kind: 'checked';
  /** What it said that would be paid; null without a token. */
  total: Money | null;
}

/**
 * Refuses a token that is not of this buyer, sale and reservation, or that the sale's keys did not sign.
 *
 * A token of an earlier epoch is honoured: it names a reservation, and what that may still do is decided by
 * the hold as the present epoch knows it, and by the one order that can come of it. A hold that was lost
 * with its epoch is not paid by any token; one that survived is paid by both of its tokens, together once.
 * An epoch that this gateway has not heard of is not judged here: it is behind, or will refuse again.
 */
export async function checkToken(
  tokens: TokensOfSale,
  { config, snapshot }: LiveSale,
  checkoutId: CheckoutId,
  buyerId: string,
  token: string | undefined,
): Promise<CheckedToken | Refusal> {
  if (token === undefined) return { kind: 'checked', total: null };
  const claims = await tokens(config).verify(token);
  if (claims && claims.sub !== buyerId) return refuse('purchase_token_not_yours');
  if (claims?.rsv !== reservationIdOf(checkoutId) || claims.sale !== config.id) {
    return refuse('purchase_token_invalid', {
      detail: 'The purchase token was altered, or is of another checkout.',
    });
  }
  if (claims.epoch > snapshot.epoch) {
    return refuse('unavailable', {
      detail: 'This gateway has not heard of the epoch of that token yet.',
      retryAfterSeconds: 1,
    });
  }
  return { kind: 'checked', total: claims.total };
}

/** SHA-256 of what the request asks for, in one canonical form: member order and the token's spelling do not count. */
export function fingerprintOf(
  checkoutId: CheckoutId,
  { paymentMethod, paymentToken, paymentTokens, expectedTotal }: Pay,
): string {
  const canonical = [
    checkoutId,
    paymentMethod,
    paymentToken,
    expectedTotal?.amount ?? null,
    expectedTotal?.currency ?? null,
    ...Object.entries(paymentTokens ?? {}).sort(),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
