import { createHmac } from 'node:crypto';

/**
 * A key of its own for each use of TOKEN_SECRET, so that no token of one kind is ever one of another.
 * Hex text of 32 bytes. Uses: `ticket`, `purchase-token`, `place:<saleId>`, `payment-id`, `order-number`.
 */
export function derivedKey(tokenSecret: string, use: string): string {
  return createHmac('sha256', tokenSecret).update(`doorbuster:${use}`).digest('hex');
}
