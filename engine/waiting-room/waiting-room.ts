import type { Redis } from 'ioredis';
import { refuse } from '../contracts/errors.ts';
import type { LiveSale } from '../contracts/sale.ts';
import { isOver, type TicketState } from '../contracts/states.ts';
import type { Join } from '../contracts/wire/tickets.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';
import { challenges } from './challenge.ts';
import { placeBook, roomNotOpen } from './place-book.ts';
import { placeKey, placeOf } from './places.ts';
import { RecentPlaces } from './recent-places.ts';
import { signedTickets } from './ticket.ts';
import { type TurnStatus, turnStatusReader } from './turn-status.ts';

/** The waiting room without the reservation that may have come of it; the desk adds its body. */
export interface Place {
  ticket: string;
  index: number;
  turn: number | null;
}

/** Nobody gets a place any more. Redis judges; what it has closed stays closed. */
const isClosed = ({ config, draw, snapshot: { state } }: LiveSale): boolean =>
  isOver(state) || (config.method === 'lottery' && draw !== null);

/** Places that are taken back in a moment: five calls. */
const retakenAtOnce = 1_000;

/** The permutation of `[0, preEntrants)` that a draw seed stands for: turns of indices. */
export type Permute = (drawSeed: string, preEntrants: number) => (index: number) => number;

export function waitingRoom(redis: Redis, tokenSecret: string, permute: Permute) {
  const tickets = signedTickets(tokenSecret);
  const places = placeBook(redis, tokenSecret);
  const turnStatus = turnStatusReader(redis);
  const work = challenges(redis, tokenSecret);
  const recent = new RecentPlaces();
  const retaking = new Set<string>();

  /** Round keys are derived once a draw, a turn costs two microseconds. */
  const permutations = new Map<string, (index: number) => number>();
  const permutationOf = (drawSeed: string, preEntrants: number) => {
    let permutation = permutations.get(drawSeed);
    if (!permutation) {
      permutation = permute(drawSeed, preEntrants);
      permutations.set(drawSeed, permutation);
    }
    return permutation;
  };

  /**
   * Nobody knows a turn before the sale opens. In `fifo` whoever came first is called first; where a draw
   * was held, those who took part come in its order, and later ones behind them as they came.
   */
  const turnOf = ({ config, draw, openedAtMs }: LiveSale, index: number): number | null => {
    if (openedAtMs === null) return null;
    if (config.method === 'fifo') return index;
    if (!draw?.drawSeed) return null;
    return index < draw.preEntrants ? permutationOf(draw.drawSeed, draw.preEntrants)(index) : index;
  };

  /** How a ticket of that sale names that buyer. */
  const nameOf = (saleId: string, buyerId: string) =>
    placeOf(placeKey(tokenSecret, saleId), buyerId).toString('hex');

  const ticketOf = (sale: LiveSale, buyerId: string, index: number): Place => ({
    ticket: tickets.sign({ place: nameOf(sale.config.id, buyerId), sale: sale.config.id, index }),
    index,
    turn: turnOf(sale, index),
  });

  const request = (sale: LiveSale, buyerId: string) => ({
    saleId: sale.config.id,
    epoch: sale.snapshot.epoch,
    buyerId,
  });

  /** What a ticket of this buyer and this sale says, or why it is none. */
  const read = (sale: LiveSale, buyerId: string, ticket: string) => {
    const claims = tickets.verify(ticket);
    if (!claims || claims.sale !== sale.config.id) {
      return refuse('ticket_invalid', { detail: 'The ticket was altered, or is of another sale.' });
    }
    if (claims.place !== nameOf(sale.config.id, buyerId)) return refuse('ticket_not_yours');
    return { kind: 'read' as const, index: claims.index };
  };

  return {
    turnOf,

    /**
     * A place for this buyer: the one they have; the one of the ticket that they show, where Redis has lost what
     * it knew; or a new one.
     */
    async join(sale: LiveSale, buyerId: string, { challenge: solved, ticket }: Join = {}) {
      if (sale.config.method === 'none') {
        return refuse('no_waiting_room', { detail: 'This sale has no waiting room: reserve at once.' });
      }
      const shown = ticket === undefined ? null : read(sale, buyerId, ticket);
      if (shown?.kind === 'refused') return shown;
      const { id, challengeDifficulty } = sale.config;
      // Whoever has a place already works for it no second time, and nobody for a room that is closed. A ticket does
      // not take the place of work: what it stood for may have been given up.
      const isToWork = challengeDifficulty !== null && !isClosed(sale);
      if (isToWork && (await places.find(request(sale, buyerId))) === null) {
        const unworked = await work.spend(id, challengeDifficulty, buyerId, solved);
        // Who comes too early hears that instead of working first.
        if (unworked) return sale.snapshot.state === 'scheduled' ? roomNotOpen : unworked;
      }
      const taken = await places.take({ ...request(sale, buyerId), shownIndex: shown?.index });
      if (taken.kind === 'refused') return taken;
      if (taken.fresh) recent.note(id, sale.snapshot.epoch, buyerId, taken.index);
      return { kind: 'place' as const, fresh: taken.fresh, place: ticketOf(sale, buyerId, taken.index) };
    },

    /**
     * After a loss of Redis, takes back the places that this process gave out a moment ago, which nobody may have
     * journaled; each as if its buyer showed the ticket. To be called after every look at a sale.
     */
    async retake(sale: LiveSale): Promise<void> {
      const { config, snapshot, draw } = sale;
      const { epoch } = snapshot;
      if (retaking.has(config.id)) return;
      const unknown = recent.unknownTo(config.id, epoch);
      if (unknown.length === 0) return;
      retaking.add(config.id);
      try {
        for (let at = 0; at < unknown.length; at += retakenAtOnce) {
          // Whoever is not under the root of a draw cannot come under it any more.
          const part = unknown
            .slice(at, at + retakenAtOnce)
            .filter(([, index]) => index >= (draw?.preEntrants ?? 0));
          await Promise.all(
            part.map(([buyerId, shownIndex]) =>
              places.take({ saleId: config.id, epoch, buyerId, shownIndex }),
            ),
          );
        }
        recent.told(config.id, epoch);
      } finally {
        retaking.delete(config.id);
      }
    },

    /** Work to be done before joining, where this sale asks for it. */
    challenge({ config }: LiveSale) {
      return config.challengeDifficulty === null
        ? refuse('not_found', { detail: 'This sale asks for no proof of work.' })
        : { kind: 'challenge' as const, challenge: work.issue(config.id, config.challengeDifficulty) };
    },

    /** The place this buyer has. */
    async find(sale: LiveSale, buyerId: string) {
      if (sale.config.method === 'none') return refuse('no_waiting_room');
      const index = await places.find(request(sale, buyerId));
      if (index === null) return refuse('ticket_not_found', { detail: 'Join the waiting room first.' });
      return { kind: 'place' as const, place: ticketOf(sale, buyerId, index) };
    },

    async leave(sale: LiveSale, buyerId: string) {
      if (sale.config.method === 'none') return refuse('no_waiting_room');
      recent.forget(sale.config.id, buyerId);
      const asked = request(sale, buyerId);
      const left = await places.leave(asked);
      if (left.kind !== 'drawn') return left.kind === 'left' ? left : refuse('ticket_not_found');
      // Redis knows the seed, and not what follows from it.
      const { index, preEntrants, drawSeed } = left;
      const turn = permutationOf(drawSeed, preEntrants)(index);
      const leftThen = await places.leave({ ...asked, drawn: { index, turn } });
      // Whoever has joined again meanwhile has given that place up by it.
      return leftThen.kind === 'none' ? refuse('ticket_not_found') : { kind: 'left' as const };
    },

    /** What this turn is worth at this moment; a sign of life. */
    status: (sale: LiveSale, buyerId: string, turn: number | null): Promise<TurnStatus> =>
      turnStatus({ saleId: sale.config.id, buyerId, turn }),

    /** The turn that a ticket stands for, or why it does not. `turn` is null where there is no waiting room. */
    admit(sale: LiveSale, buyerId: string, ticket: string | undefined) {
      if (sale.config.method === 'none') {
        if (ticket === undefined) return { kind: 'admitted' as const, turn: null };
        return refuse('invalid_request', {
          field: 'ticket',
          detail: 'This sale has no waiting room, so it takes no ticket.',
        });
      }
      if (ticket === undefined) {
        return refuse('invalid_request', {
          field: 'ticket',
          detail: 'ticket is missing: send the one that joining the waiting room answered.',
        });
      }
      const shown = read(sale, buyerId, ticket);
      if (shown.kind === 'refused') return shown;
      const turn = turnOf(sale, shown.index);
      if (turn !== null) return { kind: 'admitted' as const, turn };
      // A sale may end before it has opened, and then nobody's turn is ever known.
      const { state } = sale.snapshot;
      if (isOver(state)) return refuse(state === 'sold_out' ? 'sold_out' : 'sale_closed');
      return refuse('sale_not_open', { retryAfterSeconds: 1 });
    },

    /** When a called turn must be used, ms since 1970; null where its window is not running. */
    async claimByMs(sale: LiveSale, turn: number): Promise<number | null> {
      // Nobody's buyer id is empty, so this asks about the turn alone.
      return (await turnStatus({ saleId: sale.config.id, buyerId: '', turn })).claimByMs;
    },

    async signsOfLife(sale: LiveSale, buyerIds: readonly string[]): Promise<number> {
      if (buyerIds.length === 0) return 0;
      const reply = await run(redis, script('waiting-room/signs-of-life'), floorKeys(sale.config.id), [
        nextRequestId(),
        ...buyerIds,
      ]);
      return Math.max(0, reply[1] as number);
    },

    /** What the owner of a ticket is told about it. */
    stateOf(sale: LiveSale, turn: number | null, status: TurnStatus): TicketState {
      const { reservation } = status;
      if (reservation?.state === 'held' || reservation?.state === 'paying') return 'reserved';
      // Who bought, and joined again, has another turn to buy with. A turn that was lost with Redis may be this one.
      const isOfThisTurn = reservation?.turn === null || reservation?.turn === turn;
      if (reservation?.state === 'confirmed' && isOfThisTurn) return 'bought';
      if (isOver(sale.snapshot.state)) return 'sold_out';
      if (status.standbyRank !== null) return 'standby';
      if (status.isTurnedAway) return 'sold_out';
      if (turn === null || turn >= status.serving) return 'waiting';
      return status.claimByMs === null ? 'missed' : 'your_turn';
    },
  };
}

export type Room = ReturnType<typeof waitingRoom>;
