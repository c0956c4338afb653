import { randomUUID } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';
import type { Store } from './store.ts';

const holdMs = 7_200_000;
const price = { amount: 49_900, currency: 'USD' };

export interface ReserveBody {
  items: { sku: string; quantity: number }[];
}

export interface Answer {
  status: number;
  body: object;
}

const problem = (status: number, code: string): Answer => ({
  status,
  body: { type: `urn:doorbuster:error:${code}`, title: code, status, code, retryable: false },
});

/** The buyer of an `Authorization` header, or null. Verified as the gateway does, by the same library. */
export function authenticate(authSecret: string): (authorization: string | undefined) => string | null {
  const verify = createVerifier({ key: authSecret, algorithms: ['HS256'] });
  return (authorization = '') => {
    try {
      return String(verify(authorization.replace(/^Bearer /, '')).sub);
    } catch {
      return null;
    }
  };
}

/**
 * The part that every opponent has alike: from a buyer and a well-formed body to the answer of the protocol,
 * with a purchase token signed as ours is.
 */
export function reserveAnswer(store: Store, tokenSecret: string) {
  const sign = createSigner({ key: tokenSecret, algorithm: 'HS256', noTimestamp: true });
  return async (buyerId: string, saleId: string, { items }: ReserveBody): Promise<Answer> => {
    const [item] = items as [ReserveBody['items'][number]];
    const { sku, quantity } = item;
    const wanted = { id: `rsv_${randomUUID()}`, saleId, buyerId, sku, quantity };
    const outcome = await store.reserve({ ...wanted, deadlineMs: Date.now() + holdMs });
    if (outcome.kind === 'sold_out') return problem(410, 'sold_out');
    const { id, deadlineMs, fresh } = outcome;
    const total = { amount: price.amount * quantity, currency: price.currency };
    const exp = Math.ceil(deadlineMs / 1000);
    return {
      status: fresh ? 201 : 200,
      body: {
        reservation: { id, saleId, state: 'held', items, expiresAt: new Date(deadlineMs).toISOString() },
        purchaseToken: sign({
          typ: 'purchase',
          sub: buyerId,
          sale: saleId,
          rsv: id,
          items,
          total,
          exp,
          epoch: 1,
        }),
        checkoutId: `chk_${id.slice(4)}`,
        total,
      },
    };
  };
}

export const unauthenticated: Answer = problem(401, 'unauthenticated');
export const invalidRequest: Answer = problem(400, 'invalid_request');
