import Type from 'typebox';
import { OrderRequiresAction, PaymentState, SaidOrderState } from '../../engine/contracts/wire/checkout.ts';
import { Money, Name, nullable, Problem, reply, Timestamp } from '../../engine/contracts/wire/common.ts';
import { Reserved, Standby } from '../../engine/contracts/wire/reservations.ts';
import { Sale, SaleState } from '../../engine/contracts/wire/sales.ts';
import { Ticket } from '../../engine/contracts/wire/tickets.ts';

const { status: _httpOnly, ...problemMembers } = Problem.properties;

/** Every frame that the server sends, by its `ev`; an answer carries the `ref` of its question besides. */
export const serverEvents = {
  ready: {
    summary: 'who is logged in on this socket',
    schema: reply({
      buyerId: Type.String(),
      sessionId: Type.String(),
      heartbeatSeconds: Type.Integer({ description: 'the server pings a silent socket this often' }),
    }),
  },
  sale: { summary: 'the sale as it stands', schema: Sale },
  ticket: { summary: 'a place in the waiting room', schema: Ticket },
  left: { summary: 'the place is given up', schema: reply({ saleId: Name }) },
  reserved: {
    summary: 'units are held; without `ref` they came through standby, or this buyer reserved them elsewhere',
    schema: Reserved,
  },
  standby: { summary: 'every unit is held', schema: Standby },
  released: { summary: 'the units are given back', schema: reply({ reservationId: Type.String() }) },
  order: {
    summary:
      'an order: `pending` answers `pay`; the outcome follows without `ref`, a decline as `lastPaymentError`, and ' +
      '`failed` once its hold has ended without another payment; ' +
      'so does money that came too late, is `captured`, and goes back; ' +
      'before it `requires_action` where the buyer has a part to do at `nextAction`',
    schema: reply({
      orderId: Type.String(),
      orderNumber: Type.String(),
      status: SaidOrderState,
      nextAction: Type.Optional(OrderRequiresAction.properties.nextAction),
      paymentStatus: Type.Optional(PaymentState),
      total: Type.Optional(Money),
      lastPaymentError: Type.Optional(
        reply({ code: Type.String(), declineCode: Type.Optional(Type.String()) }),
      ),
    }),
  },
  pong: { summary: 'the answer to `ping`', schema: reply({}) },
  error: {
    summary: 'a refusal: the problem object of HTTP without `status`',
    schema: reply({
      ...problemMembers,
      retryAfterSeconds: Type.Optional(Type.Integer({ description: 'when trying again makes sense' })),
    }),
  },
  serving: {
    summary: 'turns below `serving` are called; `remaining` is what is not sold',
    schema: reply({
      saleId: Name,
      serving: Type.Integer(),
      perMinute: Type.Integer(),
      remaining: Type.Integer(),
    }),
  },
  opened: {
    summary: 'the sale has opened; every index has its turn now',
    schema: reply({
      saleId: Name,
      drawSeed: nullable(Type.String()),
      preEntrants: nullable(Type.Integer()),
    }),
  },
  state: { summary: 'the sale went on to another state', schema: reply({ saleId: Name, state: SaleState }) },
  notice: { summary: 'words of the operator', schema: reply({ saleId: Name, text: Type.String() }) },
  your_turn: {
    summary: "this buyer's turn is called; null where its window is over already",
    schema: reply({ saleId: Name, claimBy: nullable(Timestamp) }),
  },
  expired: {
    summary: 'the hold lapsed; its units went on',
    schema: reply({ saleId: Type.Optional(Name), reservationId: Type.String() }),
  },
} as const;

export type EventName = keyof typeof serverEvents;

export const broadcastEvents = ['serving', 'opened', 'state', 'notice'] as const satisfies EventName[];
export const pushedEvents = ['your_turn', 'reserved', 'expired', 'order'] as const satisfies EventName[];
