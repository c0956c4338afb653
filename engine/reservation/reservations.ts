import type { Redis } from 'ioredis';
import { decodeItems, type Item } from '../contracts/events.ts';
import type { PaymentId, QuoteId, ReservationId } from '../contracts/ids.ts';
import type { ReservationRecord } from '../contracts/outcomes.ts';
import type { ReservationState } from '../contracts/states.ts';
import { perSale } from '../redis/batcher.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';

interface OfReservation {
  saleId: string;
  reservationId: ReservationId;
  buyerId: string;
}

export type ReleaseAnswer = 'not_found' | 'released' | 'paying' | 'confirmed' | 'expired';
const releaseAnswers: readonly ReleaseAnswer[] = ['not_found', 'released', 'paying', 'confirmed', 'expired'];

export type ExtendAnswer =
  | { kind: 'extended'; items: Item[]; deadlineMs: number }
  /** The sale allows no extension, or this one was used. */
  | { kind: 'not_allowed' }
  | { kind: 'paying' }
  | { kind: 'paid' }
  | { kind: 'ended' }
  | { kind: 'not_found' };
const extendAnswers = ['not_found', 'extended', 'not_allowed', 'paying', 'paid', 'ended'] as const;

/** The buyer's own reservation, with what a payment of it goes by. */
export interface OwnReservation extends ReservationRecord {
  /** The price that was said last; null where it is the sale's. */
  quoteId: QuoteId | null;
}

/** Of a hold that was ordered before, `priced` changes nothing: the order keeps its own price. */
export type RepriceAnswer =
  | { kind: 'priced' }
  | { kind: 'paying' }
  | { kind: 'paid' }
  | { kind: 'ended' }
  | { kind: 'not_found' };
const repriceAnswers = ['not_found', 'priced', 'paying', 'paid', 'ended'] as const;

export type PinAnswer =
  | { kind: 'pinned'; items: Item[]; deadlineMs: number; quoteId: QuoteId | null }
  /** This payment was tried before and has ended; what came of it is in Postgres. */
  | { kind: 'tried' }
  | { kind: 'in_progress' }
  | { kind: 'paid' }
  | { kind: 'ended' }
  | { kind: 'not_found' };
const pinAnswers = ['not_found', 'pinned', 'tried', 'in_progress', 'paid', 'ended'] as const;

/**
 * How long a pin is trusted without anybody settling it. Longer than a provider's time-out with its
 * repeats; after it the fence in Postgres decides who may still act.
 */
export const pinLeaseMs = 30_000;

const limits = { sizeMax: 200, queueMax: 20_000, deadlineMs: 3_000 };

/** The buyer's side of reservations that exist. Batched, and safe to repeat. */
export function reservations(redis: Redis) {
  const ask = async (name: string, saleId: string, args: (string | number)[]): Promise<Reply[]> => {
    const reply = await run(redis, script(name), floorKeys(saleId), [nextRequestId(), ...args]);
    if (reply[1] !== 1) throw new StaleEpoch(`Redis has no such epoch of ${saleId}`);
    return reply.slice(2) as Reply[];
  };

  /** The buyer's own reservation, or null. Reading a hold that came through standby makes it last. */
  const read = perSale<OfReservation, OwnReservation | null>({
    ...limits,
    async run(saleId, requests) {
      const answers = await ask(
        'reservation/read',
        saleId,
        requests.flatMap(({ reservationId, buyerId }) => [reservationId, buyerId]),
      );
      return answers.map(([found, state, items, deadlineMs, turn, , quoteId], i) => {
        const { reservationId, buyerId } = requests[i] as OfReservation;
        if (found !== 1) return null;
        return {
          id: reservationId,
          saleId,
          buyerId,
          state: state as ReservationState,
          items: decodeItems(items as string),
          deadlineMs: Number(deadlineMs),
          turn: Number(turn) < 0 ? null : Number(turn),
          quoteId: (quoteId || null) as QuoteId | null,
        };
      });
    },
  });

  /** Gives the units back. */
  const release = perSale<OfReservation, ReleaseAnswer>({
    ...limits,
    async run(saleId, requests) {
      const answers = await ask(
        'reservation/release',
        saleId,
        requests.flatMap(({ reservationId, buyerId }) => [reservationId, buyerId]),
      );
      return answers.map((code) => releaseAnswers[Number(code)] as ReleaseAnswer);
    },
  });

  /** Makes the hold last longer, once. A repeat with the same `requestId` gets the first answer. */
  const extend = perSale<OfReservation & { requestId: string }, ExtendAnswer>({
    ...limits,
    async run(saleId, requests) {
      const answers = await ask(
        'reservation/extend',
        saleId,
        requests.flatMap(({ reservationId, buyerId, requestId }) => [reservationId, buyerId, requestId]),
      );
      return answers.map(([code, items, deadlineMs]) => {
        const kind = extendAnswers[Number(code)] as ExtendAnswer['kind'];
        return kind === 'extended'
          ? { kind, items: decodeItems(items as string), deadlineMs: Number(deadlineMs) }
          : { kind };
      });
    },
  });

  /** Pins the hold for one payment: it does not expire while the outcome is unknown. */
  const beginPayment = perSale<OfReservation & { epoch: number; paymentId: PaymentId }, PinAnswer>({
    ...limits,
    async run(saleId, requests) {
      const { epoch } = requests[0] as { epoch: number };
      const answers = await ask('reservation/begin-payment', saleId, [
        epoch,
        pinLeaseMs,
        ...requests.flatMap(({ reservationId, buyerId, paymentId }) => [reservationId, buyerId, paymentId]),
      ]);
      return answers.map(([code, items, , deadlineMs, quoteId]) => {
        const kind = pinAnswers[Number(code)] as PinAnswer['kind'];
        if (kind !== 'pinned') return { kind };
        return {
          kind,
          items: decodeItems(items as string),
          deadlineMs: Number(deadlineMs),
          quoteId: (quoteId || null) as QuoteId | null,
        };
      });
    },
  });

  /** Says which price the hold is paid at from now on; its quote is committed before this is called. */
  const reprice = perSale<OfReservation & { quoteId: QuoteId }, RepriceAnswer>({
    ...limits,
    async run(saleId, requests) {
      const answers = await ask(
        'reservation/reprice',
        saleId,
        requests.flatMap(({ reservationId, buyerId, quoteId }) => [reservationId, buyerId, quoteId]),
      );
      return answers.map(([code]) => ({ kind: repriceAnswers[Number(code)] as RepriceAnswer['kind'] }));
    },
  });

  return { read, release, extend, beginPayment, reprice };
}
