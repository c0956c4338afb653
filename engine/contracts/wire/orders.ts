import Type from 'typebox';
import { refundStates, returnStates } from '../states.ts';
import { Item, Money, nullable, reply, request, Timestamp } from './common.ts';

const Reason = Type.String({ minLength: 1, maxLength: 500 });

const ReturnState = Type.Enum(Object.keys(returnStates) as (keyof typeof returnStates)[]);
const RefundState = Type.Enum(Object.keys(refundStates) as (keyof typeof refundStates)[]);

export const Refund = reply({
  refundId: Type.String(),
  status: RefundState,
  amount: Money,
  reason: Type.String(),
  returnId: nullable(Type.String()),
  failureCode: Type.Optional(Type.String({ description: 'what the payment provider said' })),
  createdAt: Timestamp,
  settledAt: nullable(Timestamp),
});
export type Refund = Type.Static<typeof Refund>;

export const Return = reply({
  returnId: Type.String(),
  orderId: Type.String(),
  status: ReturnState,
  items: Type.Array(Item),
  reason: Type.String(),
  createdAt: Timestamp,
  decidedAt: nullable(Timestamp),
  decisionReason: Type.Optional(Type.String({ description: 'what the operator said about the decision' })),
});
export type Return = Type.Static<typeof Return>;

/** Why an order was moved, for its history. */
export const MoveOrder = request({ reason: Type.Optional(Reason) });
export type MoveOrder = Type.Static<typeof MoveOrder>;

export const RequestReturn = request({
  items: Type.Array(Item, { minItems: 1, maxItems: 100 }),
  reason: Reason,
});
export type RequestReturn = Type.Static<typeof RequestReturn>;

export const RequestRefund = request({
  amount: Type.Optional(
    Type.Union([Money, Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 })], {
      description:
        "without it everything that is left; a bare integer is minor units of the order's currency",
    }),
  ),
  reason: Reason,
});
export type RequestRefund = Type.Static<typeof RequestRefund>;
