import { randomBytes } from 'node:crypto';
import {
  type CartLine,
  type CartOwner,
  type CartStore,
  cartLinesMax,
  cartQuantityMax,
  type StoredCart,
} from '../../engine/contracts/carts.ts';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';

interface LineRow {
  sku: string;
  quantity: number;
  unit_price_minor: number;
  currency: string;
}

const lockBuyersCart = statement<{ cart_id: string }>('lock-buyers-cart');
const lockGuestsCart = statement<{ cart_id: string }>('lock-guests-cart');
const createCart = statement<{ cart_id: string }>('create-cart');
const readCart = statement<LineRow>('read-cart');
const writeLine = statement('write-cart-line');
const deleteLine = statement('delete-cart-line');
const deleteCart = statement('delete-cart');
const forgetSome = statement<{ cart_id: string }>('forget-carts');

/** Carts on Postgres; the plans of `on` go through keys. */
export function cartStoreOn(on: PostgresPool): CartStore {
  const change = (owner: CartOwner, work: (cart: OpenCart) => Promise<Refusal | null>) =>
    inTransaction(on, async (transaction): Promise<StoredCart | Refusal> => {
      const cartId = await cartOf(transaction, owner);
      if (cartId === null && isGuestsWith(owner)) return notFound;
      const cart = { transaction, cartId, lines: await linesOf(transaction, cartId) };
      const refusal = await work(cart);
      return refusal ?? { cartId: cart.cartId, lines: await linesOf(transaction, cart.cartId) };
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
        if (cartId !== null) await deleteLine(transaction, [cartId, sku]);
        return null;
      }),
  };
}

interface OpenCart {
  transaction: Postgres;
  cartId: string | null;
  lines: CartLine[];
}

const notFound = refuse('cart_not_found');
const isGuestsWith = ({ buyerId, cartId }: CartOwner): boolean => buyerId === null && cartId !== null;

/** The id of a cart is all that its guest has: nobody is to guess it, so half of it is nothing but random. */
async function openCart(transaction: Postgres, buyerId: string | null): Promise<string> {
  const cartId = `${newId('crt')}${randomBytes(16).toString('hex')}`;
  const [created] = await createCart(transaction, [cartId, buyerId]);
  return (created as { cart_id: string }).cart_id;
}

/** The owner's cart, locked; null where there is none. What a buyer put together as a guest becomes part of it. */
async function cartOf(transaction: Postgres, { buyerId, cartId }: CartOwner): Promise<string | null> {
  // Somebody else's, or one that was taken over before, is not a guest's, so it is not found.
  const [own] = buyerId === null ? [] : await lockBuyersCart(transaction, [buyerId]);
  const [guests] = cartId === null ? [] : await lockGuestsCart(transaction, [cartId]);
  if (buyerId === null) return guests?.cart_id ?? null;
  if (!guests) return own?.cart_id ?? null;
  const into = own?.cart_id ?? (await openCart(transaction, buyerId));
  await merge(transaction, guests.cart_id, into);
  return into;
}

/** Lines that do not fit into the buyer's cart, by their number or their currency, stay with the guest's. */
async function merge(transaction: Postgres, from: string, into: string): Promise<void> {
  const lines = new Map((await linesOf(transaction, into)).map((line) => [line.sku, line]));
  let isEmpty = true;
  for (const line of await linesOf(transaction, from)) {
    const quantity = Math.min(cartQuantityMax, line.quantity + (lines.get(line.sku)?.quantity ?? 0));
    if (checkLine([...lines.values()], line, quantity)) {
      isEmpty = false;
      continue;
    }
    lines.set(line.sku, { ...line, quantity });
    await write(transaction, into, { ...line, quantity });
    await deleteLine(transaction, [from, line.sku]);
  }
  if (isEmpty) await deleteCart(transaction, [from]);
}

function checkLine(lines: readonly CartLine[], line: CartLine, quantity: number): Refusal | null {
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

const write = (transaction: Postgres, cartId: string, { sku, quantity, unitPrice }: CartLine) =>
  writeLine(transaction, [cartId, sku, quantity, unitPrice.amount, unitPrice.currency]);

async function linesOf(transaction: Postgres, cartId: string | null): Promise<CartLine[]> {
  const rows = cartId === null ? [] : await readCart(transaction, [cartId]);
  return rows.map(({ sku, quantity, unit_price_minor: amount, currency }) => ({
    sku,
    quantity,
    unitPrice: { amount, currency },
  }));
}

const batchMax = 1_000;

/** Forgets carts that nobody changed for a month. */
export async function forgetCarts(on: Postgres): Promise<void> {
  while ((await forgetSome(on, [batchMax])).length === batchMax);
}
