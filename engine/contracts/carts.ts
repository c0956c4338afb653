import type { Refusal } from './errors.ts';
import type { OrderId } from './ids.ts';
import type { Money } from './money.ts';

/** Whose cart: a logged-in buyer's, or, without one, a guest's by its id. A buyer who brings a guest's id takes it over. */
export interface CartOwner {
  buyerId: string | null;
  cartId: string | null;
}

export interface CartLine {
  sku: string;
  quantity: number;
  /** As its shopper saw it last. */
  unitPrice: Money;
}

export interface StoredCart {
  /** Null where there is none yet: nothing was ever put into it. */
  cartId: string | null;
  lines: CartLine[];
  /** What of a guest's cart has not become part of it just now, and why: sentences for the shopper. */
  warnings: string[];
}

/** A cart that is checked out, as it was read. */
export interface CartAtDesk {
  lines: readonly CartLine[];
  /** Remembers that this order, if it comes to be confirmed, buys what is in it. */
  checkOut(orderId: OrderId): Promise<void>;
}

/** More lines, or more of one, are a script's. So many at the highest price that there is can still be added up. */
export const cartLinesMax = 50;
export const cartQuantityMax = 100;

/** Carts, durable. Nothing of it is on the way of a sale. What was bought has left them whenever they are asked for. */
export interface CartStore {
  /** An empty one where there is none; `cart_not_found` where a guest names one that there is not. */
  find(owner: CartOwner): Promise<StoredCart | Refusal>;
  /**
   * Sets a line, or adds to it, and makes the cart where there is none. Refusals: `cart_not_found`,
   * `invalid_request` (with `field`): too many lines, too many of one, another currency.
   */
  put(owner: CartOwner, line: CartLine, how: 'add' | 'set'): Promise<StoredCart | Refusal>;
  /** A repeat changes nothing. Refusal: `cart_not_found`. */
  remove(owner: CartOwner, sku: string): Promise<StoredCart | Refusal>;
  /** The cart of a buyer under the id that it has, or had as a guest's. Refusal: `cart_not_found`. */
  ofBuyer(buyerId: string, cartId: string): Promise<StoredCart | Refusal>;
  /** What that order buys, if it comes to be confirmed, leaves the cart; said before anybody can pay it. */
  checkOut(cartId: string, orderId: OrderId): Promise<void>;
}
