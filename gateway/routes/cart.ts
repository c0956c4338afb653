import type { CartOwner, CartStore, StoredCart } from '../../engine/contracts/carts.ts';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { generalStockId, type LiveSale } from '../../engine/contracts/sale.ts';
import { AddToCart, Cart, SetInCart } from '../../engine/contracts/wire/cart.ts';
import type { SaleDirectory } from '../../engine/surface.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Call, type Reply, type Route, route } from '../http/route.ts';
import { cartView } from './cart-view.ts';

export interface CartParts {
  carts: CartStore;
  sales: Pick<SaleDirectory, 'find' | 'availableNow'>;
}

/** Whether a cart can have that id; another one is not looked up. */
export const isCartId = (text: string): boolean => /^crt_[0-9a-z]{1,128}$/.test(text);

const item = '/api/v1/cart/items/{sku}';
const shared = {
  tag: 'cart',
  access: 'guest',
  asks: ['x-cart-id'],
  replies: { 200: { description: 'the whole cart', schema: Cart } },
} satisfies Partial<Route>;

/** What shoppers put together; buyers have one cart wherever they log in, guests one a `X-Cart-Id`. */
export function cartRoutes({ carts, sales }: CartParts): Route[] {
  const stock = async (): Promise<LiveSale | null> => sales.find(generalStockId);

  /** With the cart that the request names; a name that no cart can have is not looked up. */
  async function answer(
    { buyerId, cartId }: Pick<Call, 'buyerId' | 'cartId'>,
    change: (owner: CartOwner) => Promise<StoredCart | Refusal>,
  ): Promise<Reply | Refusal> {
    const isNamed = isCartId(cartId);
    if (buyerId === '' && cartId !== '' && !isNamed) return refuse('cart_not_found');
    // Before anything is changed: whoever reads that a store is away has changed nothing.
    const sold = await stock();
    const cart = await change({ buyerId: buyerId || null, cartId: isNamed ? cartId : null });
    if (isRefusal(cart)) return cart;
    const skus = cart.lines.map(({ sku }) => sku);
    return { status: 200, body: cartView(cart, sold, await sales.availableNow(generalStockId, skus)) };
  }

  async function put(
    call: Pick<Call, 'buyerId' | 'cartId'>,
    sku: string,
    quantity: number,
    how: 'add' | 'set',
  ): Promise<Reply | Refusal> {
    const sold = (await stock())?.config.items.find((candidate) => candidate.sku === sku);
    if (!sold) return refuse('sku_not_found', { field: 'sku', detail: `Nothing is sold as "${sku}".` });
    return answer(call, (owner) => carts.put(owner, { sku, quantity, unitPrice: sold.price }, how));
  }

  return [
    route({
      ...shared,
      method: 'GET',
      path: '/api/v1/cart',
      summary: 'The cart, at the prices of this moment',
      description:
        'Without anything in it where there is none. Who logs in and still sends the `X-Cart-Id` of a guest finds its ' +
        'lines in their own cart.',
      refusals: ['cart_not_found'],
      answer: (call) => answer(call, carts.find),
    }),
    route({
      ...shared,
      method: 'POST',
      path: '/api/v1/cart/items',
      summary: 'Put something into the cart, or more of it',
      body: AddToCart,
      refusals: ['cart_not_found', 'sku_not_found'],
      answer: (call) => put(call, call.body.sku, call.body.quantity, 'add'),
    }),
    route({
      ...shared,
      method: 'PUT',
      path: item,
      summary: 'Say how many of it the cart has',
      description: 'At the price that the cart shows from then on.',
      body: SetInCart,
      refusals: ['cart_not_found', 'sku_not_found'],
      answer: (call) => put(call, call.params.sku ?? '', call.body.quantity, 'set'),
    }),
    route({
      ...shared,
      method: 'DELETE',
      path: item,
      summary: 'Take it out of the cart',
      description: 'What is not in the cart is taken out as well: a repeat changes nothing.',
      refusals: ['cart_not_found'],
      answer: (call) => answer(call, (owner) => carts.remove(owner, call.params.sku ?? '')),
    }),
  ];
}
