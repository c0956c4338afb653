import type { Redis } from 'ioredis';
import { type Refusal, refuse } from '../contracts/errors.ts';
import { canonicalItems, encodeItems, type Item } from '../contracts/events.ts';
import { newReservationId, type ReservationId } from '../contracts/ids.ts';
import type { ReservationState } from '../contracts/states.ts';
import { perSale } from '../redis/batcher.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';

export interface ReserveRequest {
  saleId: string;
  saleNumber: number;
  epoch: number;
  buyerId: string;
  /** Null in a sale without a waiting room. */
  turn: number | null;
  items: Item[];
  /**
   * Names the request, and the reservation if one is made; drawn where it is absent. Who was left without an
   * answer may ask again under the same one: a request that made its reservation gets it again.
   */
  reservationId?: ReservationId;
}

export type Decision =
  | { kind: 'held'; fresh: boolean; id: ReservationId; state: ReservationState; deadlineMs: number }
  | { kind: 'standby'; ahead: number }
  | Refusal;

/** A request as it goes into a call. */
interface Asked {
  saleId: string;
  epoch: number;
  reservationId: ReservationId;
  buyerId: string;
  /** -1 in a sale without a waiting room. */
  turn: number;
  /** As scripts take them. */
  items: string;
}

const reserveScript = script('reservation/reserve');

/** How many requests go as one call at most. */
const sizeMax = 200;

/**
 * Decides who gets units, in order of arrival: whatever came during the last round trip goes as one Lua
 * call. A request whose reply was lost is asked again under its own request id and gets its first answer.
 */
export function reserver(redis: Redis): (request: ReserveRequest) => Promise<Decision> {
  const decide = perSale<Asked, Decision>({
    sizeMax,
    queueMax: 20_000,
    deadlineMs: 3_000,
    async run(saleId, requests) {
      const args: (string | number)[] = [nextRequestId(), (requests[0] as Asked).epoch];
      for (const { reservationId, buyerId, turn, items } of requests)
        args.push(reservationId, buyerId, turn, items);
      const reply = await run(redis, reserveScript, floorKeys(saleId), args);
      if (reply[1] !== 1) throw new StaleEpoch(`Redis has no such epoch of ${saleId}`);
      return (reply.slice(2) as Reply[]).map(decode);
    },
  });
  return ({ saleId, saleNumber, epoch, buyerId, turn, items, reservationId }) =>
    decide({
      saleId,
      epoch,
      // Drawn before the first attempt: a repeat of it must say the same.
      reservationId: reservationId ?? newReservationId(saleNumber),
      buyerId,
      turn: turn ?? -1,
      items: encodeItems(canonicalItems(items)),
    });
}

/** The answers of lua/reservation/reserve-12.lua, by their code. A malformed request is its caller's bug. */
function decode([code, first, second, third]: Reply): Decision | Error {
  switch (code) {
    case 1:
      return {
        kind: 'held',
        fresh: true,
        id: first as ReservationId,
        state: 'held',
        deadlineMs: Number(second),
      };
    case 2:
      return {
        kind: 'held',
        fresh: false,
        id: first as ReservationId,
        state: third as ReservationState,
        deadlineMs: Number(second),
      };
    case 3:
      return { kind: 'standby', ahead: Number(first) };
    case 4:
      return refuse('not_your_turn', { members: { ahead: Number(first) } });
    case 5:
      return refuse('buyer_limit_reached', {
        detail: `A buyer may have at most ${first} units of this sale.`,
        members: { limit: Number(first) },
      });
    case 6:
      return refuse('reservation_exists', {
        detail: 'Release or pay the live reservation of other items first.',
      });
    case 7:
      return refuse('sale_not_open', { retryAfterSeconds: 1 });
    case 8:
      return refuse('sale_paused', { retryAfterSeconds: 5 });
    case 9:
      return refuse('sale_closed');
    case 10:
      return refuse('sold_out');
    case 11:
      return refuse('sku_not_found', { detail: `This sale has no SKU "${first}".` });
    case 12:
      return refuse('turn_used');
    default:
      return new Error(`reserve answered ${String(code)}: its arguments were malformed`);
  }
}
