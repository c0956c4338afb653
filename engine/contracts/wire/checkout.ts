import Type from 'typebox';
import { orderStates, paymentStates } from '../states.ts';
import { Money, Name, nullable, reply, request, Timestamp } from './common.ts';
import { CouponCode } from './coupons.ts';
import { Refund, Return } from './orders.ts';
import { Reservation } from './reservations.ts';

const line = (max: number) => Type.String({ minLength: 1, maxLength: max });

export const Address = request({
  name: line(200),
  line1: line(200),
  line2: Type.Optional(line(200)),
  city: line(100),
  region: Type.Optional(line(100)),
  postalCode: line(20),
  country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }),
});
export type Address = Type.Static<typeof Address>;

export const LineItem = reply({
  sku: Name,
  title: Type.String(),
  quantity: Type.Integer(),
  unitPrice: Money,
  lineTotal: Money,
});

const price = { subtotal: Money, discount: Money, shipping: Money, tax: Money, total: Money };

const details = {
  couponCode: nullable(CouponCode),
  shippingAddress: nullable(Address),
  billingAddress: nullable(Address),
};

export const Checkout = reply({
  checkoutId: Type.String(),
  purchaseToken: Type.String(),
  reservation: Reservation,
  items: Type.Array(LineItem),
  ...price,
  ...details,
  priceLockedUntil: Timestamp,
  expiresAt: Timestamp,
  availablePaymentMethods: Type.Array(Type.String()),
  warnings: Type.Array(Type.String()),
});
export type Checkout = Type.Static<typeof Checkout>;

export const InitiateCheckout = request({
  cartId: Type.String({ minLength: 1, maxLength: 200 }),
  shippingAddress: Type.Optional(Address),
  billingAddress: Type.Optional(Address),
  couponCode: Type.Optional(CouponCode),
});
export type InitiateCheckout = Type.Static<typeof InitiateCheckout>;

/** What may be changed until paying; null takes back what was said before. */
export const PatchCheckout = request(
  {
    couponCode: Type.Optional(nullable(CouponCode)),
    shippingAddress: Type.Optional(nullable(Address)),
    billingAddress: Type.Optional(nullable(Address)),
  },
  { minProperties: 1 },
);
export type PatchCheckout = Type.Static<typeof PatchCheckout>;

const PaymentToken = Type.String({ pattern: '^tok_[A-Za-z0-9_]{1,64}$' });

/** A hundred items, the most that a reservation has, of SKUs as long as they may be make a token of some 12,000 characters. */
const purchaseTokenMax = 16_384;

export const Pay = request({
  purchaseToken: Type.Optional(Type.String({ minLength: 1, maxLength: purchaseTokenMax })),
  paymentMethod: Type.Literal('card'),
  paymentToken: PaymentToken,
  paymentTokens: Type.Optional(
    Type.Record(Type.String({ pattern: '^[a-z0-9-]{1,32}$' }), PaymentToken, {
      maxProperties: 4,
      additionalProperties: false,
      description:
        'the same card at other providers, by their names; one of them takes over where the first cannot',
    }),
  ),
  expectedTotal: Type.Optional(Money),
});
export type Pay = Type.Static<typeof Pay>;

/** 1 to 255 printable characters. */
export const IdempotencyKey = Type.String({ pattern: '^[\\x20-\\x7e]{1,255}$' });

const orderStateNames = Object.keys(orderStates) as (keyof typeof orderStates)[];
const paymentStateNames = Object.keys(paymentStates) as (keyof typeof paymentStates)[];
export const OrderState = Type.Enum(orderStateNames);
export const PaymentState = Type.Enum(paymentStateNames);

/** What a buyer who pays is told: an order's state, or that they have a part to do. */
export const SaidOrderState = Type.Enum([...orderStateNames, 'requires_action']);

/** 202: durable, and not decided. */
export const OrderPending = reply({
  orderId: Type.String(),
  orderNumber: Type.String(),
  status: Type.Literal('pending'),
});
export type OrderPending = Type.Static<typeof OrderPending>;

/** 202: the buyer has a part to do at `url`; the hold stays pinned meanwhile. */
export const OrderRequiresAction = reply({
  orderId: Type.String(),
  orderNumber: Type.String(),
  status: Type.Literal('requires_action'),
  nextAction: reply({ type: Type.Literal('redirect'), url: Type.String() }),
});
export type OrderRequiresAction = Type.Static<typeof OrderRequiresAction>;

/** 201: committed in Postgres before it was said. */
export const OrderConfirmed = reply({
  orderId: Type.String(),
  orderNumber: Type.String(),
  status: Type.Literal('confirmed'),
  paymentStatus: Type.Literal('captured'),
  total: Money,
});
export type OrderConfirmed = Type.Static<typeof OrderConfirmed>;

export const Order = reply({
  orderId: Type.String(),
  orderNumber: Type.String(),
  status: OrderState,
  paymentStatus: PaymentState,
  lastPaymentError: Type.Optional(reply({ code: Type.String(), declineCode: Type.String() })),
  items: Type.Array(LineItem),
  ...price,
  ...details,
  saleId: Type.Optional(Name),
  reservationId: Type.String(),
  history: Type.Array(
    reply({
      at: Timestamp,
      from: nullable(OrderState),
      to: OrderState,
      by: Type.String(),
      reason: Type.Optional(Type.String()),
    }),
  ),
  refunds: Type.Array(Refund),
  returns: Type.Array(Return),
  createdAt: Timestamp,
});
export type Order = Type.Static<typeof Order>;

export const OrderList = reply({ data: Type.Array(Order), nextCursor: nullable(Type.String()) });
