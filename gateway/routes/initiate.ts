import type { CartStore } from '../../engine/contracts/carts.ts';
import { refuse } from '../../engine/contracts/errors.ts';
import { Checkout, InitiateCheckout } from '../../engine/contracts/wire/checkout.ts';
import type { CheckoutDesk } from '../../engine/surface.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Route, route } from '../http/route.ts';
import { isCartId } from './cart.ts';

export interface InitiateParts {
  carts: Pick<CartStore, 'ofBuyer' | 'checkOut'>;
  desk: Pick<CheckoutDesk, 'initiate'>;
}

/** From a cart to the till. */
export const initiateRoute = ({ carts, desk }: InitiateParts): Route =>
  route({
    method: 'POST',
    path: '/api/v1/checkout/initiate',
    tag: 'checkout',
    summary: 'Check out a cart: hold all that is in it, and see what it costs',
    description:
      'Holds all of the cart or, refused, nothing. A buyer has one such checkout: the next one takes its place, and the ' +
      'same cart again gets the same one, with the address and the coupon that it names. What is bought leaves the cart ' +
      "once the order is confirmed. A guest's cart becomes part of the buyer's, and may be named by either id.",
    access: 'buyer',
    body: InitiateCheckout,
    replies: { 201: { description: 'the checkout', schema: Checkout, headers: ['Location'] } },
    refusals: [
      'cart_not_found',
      'sku_not_found',
      'insufficient_stock',
      'payment_in_progress',
      'coupon_not_applicable',
      'coupon_used_up',
      'invalid_transition',
      'reservation_expired',
      'checkout_not_found',
      'already_paid',
    ],
    answer: async ({ buyerId, body: { cartId, ...details } }) => {
      if (!isCartId(cartId)) return refuse('cart_not_found');
      // Of the cart as it was read last.
      let warnings: string[] = [];
      const readCart = async () => {
        const cart = await carts.ofBuyer(buyerId, cartId);
        if (isRefusal(cart)) return cart;
        const { cartId: own, lines } = cart;
        warnings = cart.warnings;
        if (own === null || lines.length === 0) {
          const detail = 'The cart is empty: put something into it first.';
          return refuse('invalid_request', { field: 'cartId', detail });
        }
        return { lines, checkOut: carts.checkOut.bind(carts, own) };
      };
      const outcome = await desk.initiate(buyerId, readCart, details);
      if (outcome.kind === 'refused') return outcome;
      const checkout = { ...outcome.checkout, warnings: [...warnings, ...outcome.checkout.warnings] };
      const headers = { Location: `/api/v1/checkout/${checkout.checkoutId}` };
      return { status: 201, body: checkout, headers };
    },
  });
