import type { Item } from '../contracts/events.ts';
import type { ReservationId } from '../contracts/ids.ts';
import type { Money } from '../contracts/money.ts';

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
  /** False while there is no key to sign with: nothing may be promised that a token has to carry. */
  maySign(): boolean;
  /** The same claims give the same token while the same key signs. */
  sign(claims: Omit<PurchaseTokenClaims, 'typ'>): string;
  /** The claims of a token that we signed, or null. Does not judge `exp`: the hold decides in Lua. */
  verify(token: string): Promise<PurchaseTokenClaims | null>;
}

/** What `verify` of fast-jwt leaves: verified claims, or a throw. */
export function claimsOf(verified: () => unknown): PurchaseTokenClaims | null {
  try {
    const claims = verified() as PurchaseTokenClaims;
    return claims.typ === 'purchase' ? claims : null;
  } catch {
    return null;
  }
}
