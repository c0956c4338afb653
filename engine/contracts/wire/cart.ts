import Type from 'typebox';
import { cartQuantityMax } from '../carts.ts';
import { Money, Name, nullable, reply, request } from './common.ts';

const Quantity = Type.Integer({ minimum: 1, maximum: cartQuantityMax });

export const AddToCart = request({ sku: Name, quantity: Quantity });
export const SetInCart = request({ quantity: Quantity });

export const Cart = reply({
  cartId: nullable(
    Type.String({
      description: 'a guest sends it as `X-Cart-Id`; null until something was put into the cart',
    }),
  ),
  items: Type.Array(
    reply({
      sku: Name,
      title: Type.String(),
      quantity: Type.Integer(),
      unitPrice: Money,
      lineTotal: Money,
      available: Type.Integer({ description: 'how many could be had now' }),
    }),
  ),
  subtotal: nullable(Money),
  itemCount: Type.Integer({ description: 'units, over all lines' }),
  warnings: Type.Array(Type.String({ description: 'what changed since, a sentence for the shopper' })),
});
export type Cart = Type.Static<typeof Cart>;
