import Type from 'typebox';
import { OrderState, PaymentState } from './checkout.ts';
import { Money, Name, nullable, reply, request, Timestamp } from './common.ts';

/** A payment as an operator sees it, with all that it takes to decide what no machine could. */
export const Payment = reply({
  paymentId: Type.String({ description: 'what the provider knows it by: metadata and idempotency key' }),
  status: PaymentState,
  unresolved: nullable(Type.String({ description: 'why a person must decide; null where none has to' })),
  amount: nullable(Money),
  refundable: nullable(
    Money,
    'of what was captured, all that no refund was begun for, or only one that failed',
  ),
  paymentMethod: nullable(Type.String()),
  provider: nullable(Type.String({ description: 'the one that was, or may have been, asked' })),
  providerReference: nullable(
    Type.String({ description: "the provider's own name for it, where it said so" }),
  ),
  declineCode: nullable(Type.String()),
  orderId: Type.String(),
  orderNumber: nullable(Type.String()),
  orderStatus: nullable(OrderState),
  saleId: Type.Optional(Name),
  buyerId: Type.String(),
  createdAt: Timestamp,
  steps: Type.Array(
    reply(
      {
        at: Timestamp,
        step: Type.String(),
        outcome: Type.Optional(Type.String()),
        by: Type.Optional(Type.String()),
        reason: Type.Optional(Type.String()),
        paidBackOutside: Type.Optional(Type.Integer({ description: 'minor units' })),
      },
      { description: 'what became of it so far, as it was committed' },
    ),
  ),
});
export type Payment = Type.Static<typeof Payment>;

export const PaymentList = reply({ data: Type.Array(Payment), nextCursor: nullable(Type.String()) });

export const SettlePayment = request({
  outcome: Type.Enum(['captured', 'declined'], {
    description: 'captured: the provider has the money. declined: it has not, and never will',
  }),
  providerReference: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'what the provider calls the payment; with captured, unless it is known',
    }),
  ),
  declineCode: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9_]{1,64}$',
      description: 'what the buyer is told; settled_by_operator without it',
    }),
  ),
  paidBackOutside: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000_000,
      description:
        "where refunds failed: what you gave back past the provider, in minor units of the payment's currency; 0 " +
        'where it was nothing, or another refund does it',
    }),
  ),
  reason: Type.String({ minLength: 1, maxLength: 500, description: 'how it was found out, for the record' }),
});
export type SettlePayment = Type.Static<typeof SettlePayment>;
