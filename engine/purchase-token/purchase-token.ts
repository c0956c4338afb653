import { createSigner, createVerifier } from 'fast-jwt';
import { derivedKey } from '../contracts/derived-key.ts';
import type { Item } from '../contracts/events.ts';
import type { ReservationId } from '../contracts/ids.ts';
import type { Money } from '../contracts/money.ts';
import { hasCanonicalSignature } from '../contracts/signature.ts';

/** What a purchase token says. It is bound to its buyer, and spent by the confirmation of its one order. */
export interface PurchaseTokenClaims {
  typ: 'purchase';
  sub: string;
  sale: string;
  rsv: ReservationId;
  items: Item[];
  total: Money;
  /** Seconds since 1970, the hold's deadline rounded up; for others to read, Doorbuster goes by its own clock. */
  exp: number;
  epoch: number;
}

export interface PurchaseTokens {
  /** The same claims give the same token. */
  sign(claims: Omit<PurchaseTokenClaims, 'typ'>): string;
  /** The claims of a token that we signed, or null. Does not judge `exp`: the hold decides in Lua. */
  verify(token: string): PurchaseTokenClaims | null;
}

/** HS256 under a key derived from TOKEN_SECRET. */
export function privatePurchaseTokens(tokenSecret: string): PurchaseTokens {
  const key = derivedKey(tokenSecret, 'purchase-token');
  const sign = createSigner({ key, algorithm: 'HS256', noTimestamp: true });
  const verify = createVerifier({ key, algorithms: ['HS256'], ignoreExpiration: true });
  return {
    sign: (claims) => sign({ typ: 'purchase', ...claims }),
    verify(token) {
      if (!hasCanonicalSignature(token)) return null;
      try {
        const claims = verify(token) as PurchaseTokenClaims;
        return claims.typ === 'purchase' ? claims : null;
      } catch {
        return null;
      }
    },
  };
}
