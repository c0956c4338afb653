import { randomBytes } from 'node:crypto';
import { type CartOwner, cartQuantityMax } from '../../engine/contracts/carts.ts';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { checkLine, linesOf, remove, write } from './cart-lines.ts';

const lockBuyersCart = statement<{ cart_id: string }>('lock-buyers-cart');
const lockGuestsCart = statement<{ cart_id: string }>('lock-guests-cart');
const createCart = statement<{ cart_id: string }>('create-cart');
const findCart = statement<{ buyer_id: string | null; merged_into: string | null }>('find-cart');
const mergeCart = statement('merge-cart');
const takeBought = statement('take-bought');

/** The id of a cart is all that its guest has: nobody is to guess it, so half of it is nothing but random. */
export async function openCart(transaction: Postgres, buyerId: string | null): Promise<string> {
  const cartId = `${newId('crt')}${randomBytes(16).toString('hex')}`;
  const [created] = await createCart(transaction, [cartId, buyerId]);
  return (created as { cart_id: string }).cart_id;
}

export interface OwnedCart {
  /** Null where there is none. */
  cartId: string | null;
  /** What did not become part of it, and why. */
  warnings: string[];
}

const owned = (cartId: string | null = null, warnings: string[] = []): OwnedCart => ({ cartId, warnings });

/**
 * The owner's cart, locked, without what it has bought. What a buyer put together as a guest becomes part of it.
 */
export async function cartOf(transaction: Postgres, { buyerId, cartId }: CartOwner): Promise<OwnedCart> {
  // Somebody else's, or one that was taken over before, is not a guest's, so it is not found.
  const [own] = buyerId === null ? [] : await lockBuyersCart(transaction, [buyerId]);
  if (own) await takeBought(transaction, [own.cart_id, buyerId]);
  const [guests] = cartId === null ? [] : await lockGuestsCart(transaction, [cartId]);
  if (buyerId === null) return owned(guests?.cart_id);
  if (!guests) return owned(own?.cart_id);
  const into = own?.cart_id ?? (await openCart(transaction, buyerId));
  return owned(into, await merge(transaction, guests.cart_id, into));
}

/**
 * Lines that do not fit into the buyer's cart, by their number or their currency, stay with the guest's; of one SKU
 * the cart takes no more than it can have. Answers what did not become part of it.
 */
async function merge(transaction: Postgres, from: string, into: string): Promise<string[]> {
  const lines = new Map((await linesOf(transaction, into)).map((line) => [line.sku, line]));
  const warnings: string[] = [];
  let isEmpty = true;
  for (const line of await linesOf(transaction, from)) {
    const { sku } = line;
    const both = line.quantity + (lines.get(sku)?.quantity ?? 0);
    const quantity = Math.min(cartQuantityMax, both);
    const refusal = checkLine([...lines.values()], line, quantity);
    if (refusal) {
      isEmpty = false;
      warnings.push(`${line.quantity} of ${sku} stay in the cart from before the login. ${refusal.detail}`);
      continue;
    }
    if (both > quantity) {
      warnings.push(
        `A cart has at most ${cartQuantityMax} of one SKU: ${both - quantity} of ${sku} from before the login were left out.`,
      );
    }
    lines.set(sku, { ...line, quantity });
    await write(transaction, into, { ...line, quantity });
    await remove(transaction, from, sku);
  }
  if (isEmpty) await mergeCart(transaction, [from, into]);
  return warnings;
}

/** Why a buyer, whose cart is `own`, cannot check out a cart under this id; null where it is that cart, or became part of it. */
export async function refusalOfName(
  transaction: Postgres,
  own: string | null,
  cartId: string,
): Promise<Refusal | null> {
  const [named] = await findCart(transaction, [cartId]);
  if (!named || own === null) return notFound;
  if (own === cartId || own === named.merged_into) return null;
  return named.buyer_id === null && named.merged_into === null ? doesNotFit : notFound;
}

export const notFound = refuse('cart_not_found');
const doesNotFit = refuse('invalid_request', {
  field: 'cartId',
  detail: "Not all of this guest's cart fits into your own: check that out, or empty it, first.",
});
