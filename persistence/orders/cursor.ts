import { isIdOf, type OrderId } from '../../engine/contracts/ids.ts';

/** Where a page of orders ended, as the opaque text that a client hands back. */
export const encodeCursor = (last: OrderId): string => Buffer.from(last).toString('base64url');

/** The order that a page ended with, or null for a text that never was a cursor. */
export function decodeCursor(cursor: string): OrderId | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  return isIdOf('ord', text) ? text : null;
}
