import type { CartLine, CartOwner, CartStore, StoredCart } from '../../engine/contracts/carts.ts';
import type { Refusal } from '../../engine/contracts/errors.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { checkLine, linesOf, remove, write } from './cart-lines.ts';
import { cartOf, notFound, openCart, refusalOfName } from './owned-cart.ts';

const checkOutCart = statement('check-out-cart');
const forgetSome = statement<{ cart_id: string }>('forget-carts');

/** Carts on Postgres; the plans of `on` go through keys. */
export function cartStoreOn(on: PostgresPool): CartStore {
  const change = (owner: CartOwner, work: (cart: OpenCart) => Promise<Refusal | null>) =>
    inTransaction(on, async (transaction): Promise<StoredCart | Refusal> => {
      const { cartId, warnings } = await cartOf(transaction, owner);
      if (cartId === null && isGuestsWith(owner)) return notFound;
      const cart = { transaction, cartId, lines: await linesOf(transaction, cartId) };
      const refusal = await work(cart);
      return refusal ?? { cartId: cart.cartId, lines: await linesOf(transaction, cart.cartId), warnings };
    });

  return {
    find: (owner) => change(owner, async () => null),

    put: (owner, line, how) =>
      change(owner, async (cart) => {
        if (cart.cartId === null) {
          cart.cartId = await openCart(cart.transaction, owner.buyerId);
          // Another request of this buyer may have opened it first, and filled it.
          cart.lines = await linesOf(cart.transaction, cart.cartId);
        }
        const before = cart.lines.find(({ sku }) => sku === line.sku);
        const quantity = line.quantity + (how === 'add' ? (before?.quantity ?? 0) : 0);
        const refusal = checkLine(cart.lines, line, quantity);
        if (refusal) return refusal;
        await write(cart.transaction, cart.cartId, { ...line, quantity });
        return null;
      }),

    remove: (owner, sku) =>
      change(owner, async ({ transaction, cartId }) => {
        if (cartId !== null) await remove(transaction, cartId, sku);
        return null;
      }),

    ofBuyer: (buyerId, cartId) =>
      change({ buyerId, cartId }, ({ transaction, cartId: own }) => refusalOfName(transaction, own, cartId)),

    async checkOut(cartId, orderId) {
      await checkOutCart(on, [cartId, orderId]);
    },
  };
}

interface OpenCart {
  transaction: Postgres;
  cartId: string | null;
  lines: CartLine[];
}

const isGuestsWith = ({ buyerId, cartId }: CartOwner): boolean => buyerId === null && cartId !== null;

const batchMax = 1_000;

/** Forgets carts that nobody changed for a month. */
export async function forgetCarts(on: Postgres): Promise<void> {
  while ((await forgetSome(on, [batchMax])).length === batchMax);
}
