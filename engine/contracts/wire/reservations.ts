import Type from 'typebox';
import { reservationStates } from '../states.ts';
import { Item, Money, Name, reply, request, Timestamp } from './common.ts';
import { ReserveItems } from './sales.ts';

export const Reserve = request({
  ticket: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 4096,
      description:
        'the `ticket` that joining answered; required unless the method is `none`, and not taken there',
    }),
  ),
  items: ReserveItems,
});
export type Reserve = Type.Static<typeof Reserve>;

export const ReservationState = Type.Enum(
  Object.keys(reservationStates) as (keyof typeof reservationStates)[],
);

export const Reservation = reply({
  id: Type.String(),
  saleId: Type.Optional(Name),
  state: ReservationState,
  items: Type.Array(Item),
  expiresAt: Timestamp,
});
export type Reservation = Type.Static<typeof Reservation>;

export const Reserved = reply({
  reservation: Reservation,
  purchaseToken: Type.String({ description: 'a JWS that pays this reservation, once' }),
  checkoutId: Type.String(),
  total: Money,
});
export type Reserved = Type.Static<typeof Reserved>;

export const Standby = reply({ state: Type.Literal('standby'), ahead: Type.Integer() });
export type Standby = Type.Static<typeof Standby>;
