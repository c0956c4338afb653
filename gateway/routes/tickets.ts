import type { Refusal } from '../../engine/contracts/errors.ts';
import type { DrawStore } from '../../engine/contracts/ports.ts';
import { Challenge, Join, Ticket, TicketStatus } from '../../engine/contracts/wire/tickets.ts';
import type { Engine } from '../../engine/surface.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import { proofOf } from './proofs.ts';
import { findSale } from './sales.ts';

type Room = Pick<Engine, 'sales' | 'waitingRoom'>;

/** Takes a place, or answers with the one that the buyer has, or shows a ticket of: 201 fresh, 200 again. */
export async function joinSale(
  { sales, waitingRoom }: Room,
  buyerId: string,
  saleId: string,
  shown: Join,
): Promise<(Reply & { body: Ticket }) | Refusal> {
  const sale = await findSale(sales, saleId);
  if (isRefusal(sale)) return sale;
  const outcome = await waitingRoom.join(sale, buyerId, shown);
  if (outcome.kind === 'refused') return outcome;
  return {
    status: outcome.fresh ? 201 : 200,
    body: outcome.ticket,
    headers: { Location: `/api/v1/sales/${saleId}/tickets/me` },
  };
}

/** Gives the buyer's place up, for good. */
export async function leaveSale(
  { sales, waitingRoom }: Room,
  buyerId: string,
  saleId: string,
): Promise<Reply | Refusal> {
  const sale = await findSale(sales, saleId);
  if (isRefusal(sale)) return sale;
  const outcome = await waitingRoom.leave(sale, buyerId);
  return outcome.kind === 'refused' ? outcome : { status: 204 };
}

/** Where the buyer stands; asking counts as a sign of life. */
async function ticketStatus(
  { sales, waitingRoom }: Room,
  draws: DrawStore,
  buyerId: string,
  saleId: string,
): Promise<Reply | Refusal> {
  const sale = await findSale(sales, saleId);
  if (isRefusal(sale)) return sale;
  const outcome = await waitingRoom.status(sale, buyerId);
  if (outcome.kind === 'refused') return outcome;
  const proof = await proofOf(draws, sale, outcome.status.index);
  return {
    status: 200,
    body: { ...outcome.status, ...(proof ? { proof } : {}) },
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(outcome.retryAfterSeconds))) },
  };
}

/** Work to be done before joining, where the sale asks for it. */
async function challengeOf({ sales, waitingRoom }: Room, saleId: string): Promise<Reply | Refusal> {
  const sale = await findSale(sales, saleId);
  if (isRefusal(sale)) return sale;
  const outcome = waitingRoom.challenge(sale);
  return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.challenge };
}

export function ticketRoutes(engine: Room, draws: DrawStore): Route[] {
  const tag = 'waiting room';
  return [
    route({
      method: 'POST',
      path: '/api/v1/sales/{saleId}/tickets',
      tag,
      summary: 'Take a place in the waiting room',
      description:
        'The same buyer gets the same ticket, however often they ask. `turn` is null until the sale opens. Whoever ' +
        'has a ticket already may show it as `ticket`: should Redis have lost its memory, and that place with it, ' +
        'it is theirs again.',
      access: 'buyer',
      body: Join,
      replies: {
        201: { description: 'a fresh place', schema: Ticket, headers: ['Location'] },
        200: { description: 'the place that this buyer has already', schema: Ticket, headers: ['Location'] },
      },
      refusals: [
        'sale_not_found',
        'sale_not_open',
        'sale_closed',
        'sold_out',
        'room_closed',
        'no_waiting_room',
        'not_invited',
        'challenge_required',
        'ticket_invalid',
        'ticket_not_yours',
      ],
      answer: ({ buyerId, params, body }) => joinSale(engine, buyerId, params.saleId ?? '', body),
    }),
    route({
      method: 'GET',
      path: '/api/v1/sales/{saleId}/tickets/me',
      tag,
      summary: "Where the buyer's ticket stands",
      description:
        'Asking counts as a sign of life. `Retry-After` says when asking again is worth it. `sold_out` also where ' +
        'what the buyer stood by for is sold: the ticket is still good for something else that is left. Once the entrants of a ' +
        'draw are fixed, `proof` comes with the first or second answer.',
      access: 'buyer',
      replies: { 200: { description: 'the ticket', schema: TicketStatus, headers: ['Retry-After'] } },
      refusals: ['sale_not_found', 'ticket_not_found', 'no_waiting_room'],
      answer: ({ buyerId, params }) => ticketStatus(engine, draws, buyerId, params.saleId ?? ''),
    }),
    route({
      method: 'GET',
      path: '/api/v1/sales/{saleId}/challenge',
      tag,
      summary: 'Work to be done before joining, where the sale asks for it',
      description:
        'Find a text so that SHA-256 of `<challenge>:<text>` begins with `difficulty` zero bits, and join with that ' +
        'whole line as `challenge`. It is good for one buyer.',
      access: 'public',
      replies: { 200: { description: 'a challenge of this sale', schema: Challenge } },
      refusals: ['sale_not_found', 'not_found'],
      answer: ({ params }) => challengeOf(engine, params.saleId ?? ''),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/sales/{saleId}/tickets/me',
      tag,
      summary: 'Give the place up, for good',
      description: 'Safe to repeat. `ticket_not_found` is for whoever never had a place.',
      access: 'buyer',
      replies: { 204: { description: 'given up' } },
      refusals: ['sale_not_found', 'ticket_not_found', 'no_waiting_room'],
      answer: ({ buyerId, params }) => leaveSale(engine, buyerId, params.saleId ?? ''),
    }),
  ];
}
