import type { Redis } from 'ioredis';
import { canonicalItems, decodeItems, encodeItems, type Item } from '../contracts/events.ts';
import type { PaymentId, ReservationId } from '../contracts/ids.ts';
import type { ReservationState } from '../contracts/states.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';
import { pinLeaseMs } from './reservations.ts';

export interface Pin {
  reservationId: ReservationId;
  paymentId: PaymentId;
}

export type ReturnAnswer =
  | { kind: 'held'; deadlineMs: number }
  | { kind: 'expired' }
  | { kind: 'not_paying' };

export interface Restock {
  saleId: string;
  reservationId: ReservationId;
  /** Names the return: a repeat gets the first answer. */
  returnId: string;
  /** All of what the reservation bought, or a part. */
  items: readonly Item[];
}

export type RestockAnswer =
  /** `items` are those of the first time, should a repeat name others. */
  | { kind: 'restocked'; items: Item[] }
  /** The reservation has only `left` still sold. Nothing was moved. */
  | { kind: 'exceeds'; left: Item[] }
  /** Sold out or closed, which is final: what comes back belongs to general stock. */
  | { kind: 'sale_ended' }
  /** `state` is that of the reservation, null where there is none. */
  | { kind: 'not_sold'; state: ReservationState | null };

/** The durable half's side of reservations: what became of their payments. Lists in, answers in their order. */
export function settle(redis: Redis) {
  const ask = async (name: string, saleId: string, args: (string | number)[]): Promise<Reply> => {
    const reply = await run(redis, script(name), floorKeys(saleId), [nextRequestId(), ...args]);
    if (reply[1] === -1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
    return reply;
  };
  const flat = (pins: readonly Pin[]) =>
    pins.flatMap(({ reservationId, paymentId }) => [reservationId, paymentId]);

  return {
    /** paying → confirmed. Repeating it is harmless. */
    async confirm(saleId: string, pins: readonly Pin[]) {
      if (pins.length === 0) return [];
      const [, , ...answers] = await ask('reservation/confirm', saleId, flat(pins));
      return (answers as Reply[]).map(([confirmed, state]) =>
        confirmed === 1
          ? ({ kind: 'confirmed' } as const)
          : ({ kind: 'not_paying', state: (state || null) as ReservationState | null } as const),
      );
    },

    /** paying → held, or expired where the deadline passed meanwhile. */
    async returnToHeld(saleId: string, pins: readonly Pin[]): Promise<ReturnAnswer[]> {
      if (pins.length === 0) return [];
      const [, , ...answers] = await ask('reservation/return-to-held', saleId, flat(pins));
      return (answers as Reply[]).map(([code, deadlineMs]) => {
        if (code === 1) return { kind: 'held', deadlineMs: Number(deadlineMs) };
        return { kind: code === 2 ? 'expired' : 'not_paying' };
      });
    },

    /** held → released, for orders that were cancelled; whatever is not held stays as it is. Repeating it is harmless. */
    async release(
      saleId: string,
      holds: readonly { reservationId: ReservationId; buyerId: string }[],
    ): Promise<void> {
      const flatHolds = holds.flatMap(({ reservationId, buyerId }) => [reservationId, buyerId]);
      await ask('reservation/release', saleId, flatHolds);
    },

    /**
     * Sold units back into the sale, to the next on standby before anybody else. The return, and the fall of
     * the guard, are committed before this is called.
     */
    async restock({ saleId, reservationId, returnId, items }: Restock): Promise<RestockAnswer> {
      const asked = encodeItems(canonicalItems(items));
      const [, , answer] = await ask('reservation/restock', saleId, [reservationId, returnId, asked]);
      const [code, text] = answer as [number, string];
      switch (code) {
        case 1:
          return { kind: 'restocked', items: decodeItems(text) };
        case 2:
          return { kind: 'exceeds', left: decodeItems(text) };
        case 3:
          return { kind: 'sale_ended' };
        case 4:
          return { kind: 'not_sold', state: text as ReservationState };
        case 0:
          return { kind: 'not_sold', state: null };
        default:
          throw new Error(`restock answered ${code}: return "${returnId}" of "${asked}" is malformed`);
      }
    },

    /** Pins whose lease has lapsed, oldest first; reading them changes nothing. */
    async lapsedPins(saleId: string, limit: number) {
      const [, , ...answers] = await ask('reservation/lapsed-pins', saleId, [limit]);
      return (answers as Reply[]).map(([reservationId, paymentId, buyerId, leaseUntilMs]) => ({
        reservationId: reservationId as ReservationId,
        paymentId: paymentId as PaymentId,
        buyerId: buyerId as string,
        leaseUntilMs: Number(leaseUntilMs),
      }));
    },

    /** Another lease, for a payment that is known to be under way. */
    async renewPin(saleId: string, reservationId: ReservationId, paymentId: PaymentId): Promise<void> {
      await ask('reservation/renew-pin', saleId, [pinLeaseMs, reservationId, paymentId]);
    },
  };
}
