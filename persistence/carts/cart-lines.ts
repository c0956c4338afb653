import { type CartLine, cartLinesMax, cartQuantityMax } from '../../engine/contracts/carts.ts';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

interface LineRow {
  sku: string;
  quantity: number;
  unit_price_minor: number;
  currency: string;
}

const readCart = statement<LineRow>('read-cart');
const writeLine = statement('write-cart-line');
const deleteLine = statement('delete-cart-line');

/** The lines of a cart, in the order in which they came; none of no cart. */
export async function linesOf(transaction: Postgres, cartId: string | null): Promise<CartLine[]> {
  const rows = cartId === null ? [] : await readCart(transaction, [cartId]);
  return rows.map(({ sku, quantity, unit_price_minor: amount, currency }) => ({
    sku,
    quantity,
    unitPrice: { amount, currency },
  }));
}

/** Why a cart with these lines cannot have that many of one, or null. */
export function checkLine(lines: readonly CartLine[], line: CartLine, quantity: number): Refusal | null {
  const others = lines.filter(({ sku }) => sku !== line.sku);
  const { currency } = line.unitPrice;
  const no = (field: string, detail: string) => refuse('invalid_request', { field, detail });
  if (others.length >= cartLinesMax) return no('sku', `A cart has at most ${cartLinesMax} lines.`);
  if (quantity > cartQuantityMax) {
    return no('quantity', `A cart has at most ${cartQuantityMax} of one SKU; this would be ${quantity}.`);
  }
  const other = others.find(({ unitPrice }) => unitPrice.currency !== currency);
  if (other) {
    const detail = `${line.sku} is sold in ${currency}, the cart is in ${other.unitPrice.currency}: check it out, or empty it, first.`;
    return no('sku', detail);
  }
  return null;
}

export const write = (transaction: Postgres, cartId: string, { sku, quantity, unitPrice }: CartLine) =>
  writeLine(transaction, [cartId, sku, quantity, unitPrice.amount, unitPrice.currency]);

export const remove = (transaction: Postgres, cartId: string, sku: string) =>
  deleteLine(transaction, [cartId, sku]);
