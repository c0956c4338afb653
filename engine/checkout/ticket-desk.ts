import type { LiveSale } from '../contracts/sale.ts';
import { isOver } from '../contracts/states.ts';
import type { TellBuyerNews } from '../redis/buyer-news.ts';
import type { CheckoutDesk, WaitingRoom } from '../surface.ts';
import { chance, etaSeconds, retryAfterSeconds, touchSeconds } from '../waiting-room/prospects.ts';
import type { TurnStatus } from '../waiting-room/turn-status.ts';
import type { Place, Room } from '../waiting-room/waiting-room.ts';

/** The waiting room as buyers see it: a place, and whatever has come of it so far. Who comes and goes is told. */
export function ticketDesk(
  room: Room,
  desk: Pick<CheckoutDesk, 'reservedBody'>,
  tell: TellBuyerNews,
): WaitingRoom {
  const ticketBody = (sale: LiveSale, { ticket, index, turn }: Place, status: TurnStatus | null) => ({
    ticket,
    saleId: sale.config.id,
    index,
    turn,
    state: status ? room.stateOf(sale, turn, status) : ('waiting' as const),
  });

  return {
    turnOf: room.turnOf,
    claimByMs: room.claimByMs,
    signsOfLife: room.signsOfLife,
    find: room.find,
    challenge: room.challenge,

    async join(sale, buyerId, shown) {
      const joined = await room.join(sale, buyerId, shown);
      if (joined.kind === 'refused') return joined;
      const { fresh, place } = joined;
      if (fresh) tell({ news: 'place', buyerId, saleId: sale.config.id, index: place.index });
      // Whoever has just come waits; only a place from before may have become something else: in a sale that has
      // opened, or has ended without opening.
      const isBefore = place.turn === null && !isOver(sale.snapshot.state);
      const status = fresh || isBefore ? null : await room.status(sale, buyerId, place.turn);
      return { kind: 'joined', fresh, ticket: ticketBody(sale, place, status) };
    },

    async leave(sale, buyerId) {
      const left = await room.leave(sale, buyerId);
      if (left.kind === 'left') tell({ news: 'place', buyerId, saleId: sale.config.id, index: null });
      return left;
    },

    async status(sale, buyerId) {
      const found = await room.find(sale, buyerId);
      if (found.kind === 'refused') return found;
      const { place } = found;
      const status = await room.status(sale, buyerId, place.turn);
      const body = ticketBody(sale, place, status);
      const eta = body.state === 'waiting' ? etaSeconds(sale, place.turn, status.serving) : null;
      const odds = body.state === 'waiting' ? chance(sale, place.turn) : null;
      const { reservation } = status;
      return {
        kind: 'status',
        retryAfterSeconds:
          body.state === 'waiting' ? retryAfterSeconds(eta, place.index) : touchSeconds(sale),
        status: {
          ...body,
          serving: status.serving,
          ahead: place.turn === null ? null : Math.max(0, place.turn - status.serving),
          ...(eta === null ? {} : { etaSeconds: eta }),
          ...(odds === null ? {} : { chance: odds }),
          ...(body.state === 'your_turn' && status.claimByMs !== null
            ? { claimBy: new Date(status.claimByMs).toISOString() }
            : {}),
          ...(body.state === 'reserved' && reservation
            ? {
                reservation: desk.reservedBody(sale, {
                  ...reservation,
                  saleId: sale.config.id,
                  buyerId,
                  turn: place.turn,
                }),
              }
            : {}),
        },
      };
    },
  };
}
