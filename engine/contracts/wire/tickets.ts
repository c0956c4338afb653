import Type from 'typebox';
import { Name, nullable, reply, request, Timestamp } from './common.ts';
import { Reserved } from './reservations.ts';

export const TicketState = Type.Enum([
  'waiting',
  'your_turn',
  'missed',
  'standby',
  'reserved',
  'bought',
  'sold_out',
]);

export const Join = request({
  challenge: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  ticket: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: 'the one that joining answered before; brings the place back where it was lost',
    }),
  ),
});
export type Join = Type.Static<typeof Join>;

export const Ticket = reply({
  ticket: Type.String({ description: 'signed; bound to its buyer and its sale' }),
  saleId: Name,
  index: Type.Integer({ description: 'order of arrival, from 0' }),
  turn: nullable(Type.Integer()),
  state: TicketState,
});
export type Ticket = Type.Static<typeof Ticket>;

export const TicketStatus = reply({
  ticket: Type.String(),
  saleId: Name,
  index: Type.Integer(),
  turn: nullable(Type.Integer()),
  serving: Type.Integer(),
  ahead: nullable(Type.Integer()),
  etaSeconds: Type.Optional(Type.Integer()),
  chance: Type.Optional(Type.Number()),
  state: TicketState,
  claimBy: Type.Optional(Timestamp),
  reservation: Type.Optional(Reserved),
  proof: Type.Optional(
    Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
      description: 'that the ticket stands under `entrantsRoot`; absent until it has been fetched',
    }),
  ),
});
export type TicketStatus = Type.Static<typeof TicketStatus>;

/** Proof of work to be done before joining; `<challenge>:<text>` is sent with the join. */
export const Challenge = reply({
  challenge: Type.String({
    description: 'signed, of this sale; its SHA-256 with a text is to begin with zero bits',
  }),
  difficulty: Type.Integer({ description: 'leading zero bits' }),
  expiresAt: Timestamp,
});
