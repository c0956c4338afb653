import { createHmac, createSecretKey } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';
import { derivedKey } from '../contracts/derived-key.ts';
import { hasCanonicalSignature } from '../contracts/signature.ts';

/**
 * A place in a waiting room, signed: bound to its buyer and its sale, checked without asking Redis. It
 * names the buyer by `place`, the keyed hash that the waiting room knows them by (24 hex digits), so the
 * ticket of every entrant can be written again from what the room holds, and the draw commits to it.
 */
export interface TicketClaims {
  typ: 'ticket';
  place: string;
  sale: string;
  index: number;
}

export interface Tickets {
  /** The same place gives the same ticket, always. It ends with its sale, so it carries no `exp`. */
  sign(claims: Omit<TicketClaims, 'typ'>): string;
  /** The claims of a ticket that we signed, or null. */
  verify(ticket: string): TicketClaims | null;
}

export function signedTickets(tokenSecret: string): Tickets {
  const key = derivedKey(tokenSecret, 'ticket');
  const sign = createSigner({ key, algorithm: 'HS256', noTimestamp: true });
  const verify = createVerifier({ key, algorithms: ['HS256'] });
  return {
    sign: (claims) => sign({ typ: 'ticket', ...claims }),
    verify(ticket) {
      if (!hasCanonicalSignature(ticket)) return null;
      try {
        const claims = verify(ticket) as TicketClaims;
        return claims.typ === 'ticket' ? claims : null;
      } catch {
        return null;
      }
    },
  };
}

/**
 * Writes again the ticket of whoever has that place, as the draw commits to it. Character by character what
 * `sign` gives (a test compares them), at a third of its cost: 2.7 µs instead of 7.5, which is 5 s less
 * between the freeze and the opening where a million wait.
 */
export function ticketWriter(
  tokenSecret: string,
): (saleId: string, entrant: { index: number; place: Buffer }) => string {
  const [header] = signedTickets(tokenSecret).sign({ place: '', sale: '', index: 0 }).split('.');
  const key = createSecretKey(Buffer.from(derivedKey(tokenSecret, 'ticket')));
  return (saleId, { index, place }) => {
    // Hex digits, the name of a sale and an integer: nothing that JSON would escape.
    const claims = `{"typ":"ticket","place":"${place.toString('hex')}","sale":"${saleId}","index":${index}}`;
    const signed = `${header}.${Buffer.from(claims, 'latin1').toString('base64url')}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
}
