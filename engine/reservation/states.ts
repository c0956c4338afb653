import type { Redis } from 'ioredis';
import { decodeItems, type Item } from '../contracts/events.ts';
import type { PaymentId, QuoteId, ReservationId } from '../contracts/ids.ts';
import type { ReservationState } from '../contracts/states.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';

/** A reservation as it lies in Redis, whatever its deadline. */
export interface KnownReservation {
  state: ReservationState;
  buyerId: string;
  items: Item[];
  deadlineMs: number;
  /** The payment that it is being paid by, or was last. */
  attemptId: PaymentId | null;
  /** The price that was said of it last; null where nothing was. */
  quoteId: QuoteId | null;
}

/** Reservations in one call: 500 cost about 3 ms of Redis. */
const partMax = 500;

/** Reads reservations to compare them with others; null where Redis does not know one. */
export async function reservationStates(
  redis: Redis,
  saleId: string,
  ids: readonly ReservationId[],
): Promise<(KnownReservation | null)[]> {
  const found: (KnownReservation | null)[] = [];
  for (let at = 0; at < ids.length; at += partMax) {
    const args = [nextRequestId(), ...ids.slice(at, at + partMax)];
    const [, code, ...answers] = await run(redis, script('reservation/states'), floorKeys(saleId), args);
    if (code !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
    found.push(...(answers as Reply[]).map(decode));
  }
  return found;
}

function decode([state, buyerId, items, deadlineMs, attemptId, quoteId]: Reply): KnownReservation | null {
  if (state === undefined) return null;
  return {
    state: state as ReservationState,
    buyerId: buyerId as string,
    items: decodeItems(items as string),
    deadlineMs: Number(deadlineMs),
    attemptId: (attemptId || null) as PaymentId | null,
    quoteId: (quoteId || null) as QuoteId | null,
  };
}
