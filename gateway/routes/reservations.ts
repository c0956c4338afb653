import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { isIdOf } from '../../engine/contracts/ids.ts';
import type { ReserveOutcome } from '../../engine/contracts/outcomes.ts';
import { andThen, type Soon } from '../../engine/contracts/soon.ts';
import { Nothing } from '../../engine/contracts/wire/common.ts';
import { Reservation, Reserve, Reserved, Standby } from '../../engine/contracts/wire/reservations.ts';
import type { Engine } from '../../engine/surface.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import { findSale } from './sales.ts';

type Desk = Pick<Engine, 'sales' | 'desk'>;

export type ReserveReply = Reply & ({ status: 200 | 201; body: Reserved } | { status: 202; body: Standby });

/** Holds units for the buyer: 201 fresh, 200 the hold that they have, 202 where every unit is held. */
export const reserveUnits = (
  { sales, desk }: Desk,
  buyerId: string,
  saleId: string,
  request: Reserve,
): Soon<ReserveReply | Refusal> =>
  andThen(findSale(sales, saleId), (sale) =>
    isRefusal(sale) ? sale : andThen(desk.reserve(sale, buyerId, request), reserveReply),
  );

function reserveReply(outcome: ReserveOutcome): ReserveReply | Refusal {
  if (outcome.kind === 'refused') return outcome;
  if (outcome.kind === 'standby') {
    const headers = { 'Retry-After': String(outcome.retryAfterSeconds) };
    return { status: 202, body: { state: 'standby', ahead: outcome.ahead }, headers };
  }
  const headers = { Location: `/api/v1/reservations/${outcome.reserved.reservation.id}` };
  return { status: outcome.fresh ? 201 : 200, body: outcome.reserved, headers };
}

const noSuchReservation = () => refuse('reservation_not_found');

/** Returns the units of a hold. */
export async function releaseReservation(
  { desk }: Pick<Engine, 'desk'>,
  buyerId: string,
  reservationId: string,
): Promise<Reply | Refusal> {
  if (!isIdOf('rsv', reservationId)) return noSuchReservation();
  const outcome = await desk.release(reservationId, buyerId);
  return outcome.kind === 'refused' ? outcome : { status: 204 };
}

/** Makes a hold last longer. `requestId` names the request, so that it may be repeated. */
async function extendReservation(
  { desk }: Pick<Engine, 'desk'>,
  buyerId: string,
  reservationId: string,
  requestId: string,
): Promise<Reply | Refusal> {
  if (!isIdOf('rsv', reservationId)) return noSuchReservation();
  const outcome = await desk.extend(reservationId, buyerId, requestId);
  return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.reserved };
}

export function reservationRoutes(engine: Desk): Route[] {
  const tag = 'reservations';
  return [
    route({
      method: 'POST',
      path: '/api/v1/sales/{saleId}/reservations',
      tag,
      summary: 'Hold units, and get what pays for them',
      description:
        'Safe to repeat: the same buyer gets their live reservation again, never a second unit. ' +
        '202 means that every unit is held; repeating the call keeps the place on standby.',
      access: 'buyer',
      body: Reserve,
      replies: {
        201: { description: 'held', schema: Reserved, headers: ['Location'] },
        200: {
          description: 'the live reservation with the same items',
          schema: Reserved,
          headers: ['Location'],
        },
        202: {
          description: 'standing by for a unit that comes back',
          schema: Standby,
          headers: ['Retry-After'],
        },
      },
      refusals: [
        'sale_not_found',
        'sku_not_found',
        'sale_not_open',
        'sale_paused',
        'sale_closed',
        'sold_out',
        'not_your_turn',
        'turn_used',
        'reservation_exists',
        'buyer_limit_reached',
        'ticket_invalid',
        'ticket_not_yours',
      ],
      answer: ({ buyerId, params, body }) => reserveUnits(engine, buyerId, params.saleId ?? '', body),
    }),
    route({
      method: 'GET',
      path: '/api/v1/reservations/{id}',
      tag,
      summary: 'One reservation of the buyer',
      access: 'buyer',
      replies: { 200: { description: 'the reservation', schema: Reservation } },
      refusals: ['reservation_not_found'],
      answer: async ({ buyerId, params: { id = '' } }) => {
        if (!isIdOf('rsv', id)) return noSuchReservation();
        const outcome = await engine.desk.reservation(id, buyerId);
        return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.reservation };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/reservations/{id}',
      tag,
      summary: 'Give the units back',
      access: 'buyer',
      replies: { 204: { description: 'released' } },
      refusals: ['reservation_not_found', 'reservation_expired', 'payment_in_progress', 'already_paid'],
      answer: ({ buyerId, params }) => releaseReservation(engine, buyerId, params.id ?? ''),
    }),
    route({
      method: 'POST',
      path: '/api/v1/reservations/{id}/extend',
      tag,
      summary: 'Make a hold last longer, once, where the sale allows it',
      description:
        'Whoever may have to repeat the call sends an `X-Request-Id` of their own: a repeat with the same one ' +
        'gets the first answer, another one is another extension and is refused.',
      access: 'buyer',
      body: Nothing,
      replies: { 200: { description: 'the hold with its new deadline and token', schema: Reserved } },
      refusals: [
        'reservation_not_found',
        'extension_not_allowed',
        'payment_in_progress',
        'already_paid',
        'reservation_expired',
      ],
      answer: ({ buyerId, params, requestId }) =>
        extendReservation(engine, buyerId, params.id ?? '', requestId),
    }),
  ];
}
