import type { Redis } from 'ioredis';
import { canonicalItems, encodeItems, type Item } from '../contracts/events.ts';
import type { QuoteId, ReservationId } from '../contracts/ids.ts';
import { perSale } from '../redis/batcher.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';

export interface InitiateRequest {
  saleId: string;
  epoch: number;
  /** Names the request, and the reservation if one is made. */
  reservationId: ReservationId;
  buyerId: string;
  items: readonly Item[];
  /** What it is paid at; committed before this is asked. */
  quoteId: QuoteId;
  /** What was seen of the buyer's latest reservation before these items were read from their cart. */
  seen: Seen;
}

/** As lua/includes/latest.lua has it; compared, never read. */
export type Seen = string;

export type Initiated =
  /** Whatever the buyer held before is released. */
  | { kind: 'held'; id: ReservationId; deadlineMs: number }
  /** They hold just that already; nothing was changed. */
  | { kind: 'again'; id: ReservationId }
  | { kind: 'paying'; id: ReservationId }
  /** No more than `units` could be had. What was held before still is. */
  | { kind: 'short'; sku: string; units: number }
  | { kind: 'not_open' }
  | { kind: 'unknown_sku'; sku: string }
  /** Another one is seen by now, so what was read may have been bought since; nothing was changed. */
  | { kind: 'outdated'; seen: Seen };

const initiateScript = script('reservation/initiate');
const latestScript = script('reservation/latest');

/** What is seen of a buyer's latest reservation. Asked before the cart is read that is to be held. */
export const latestReader = (redis: Redis): ((of: { saleId: string; buyerId: string }) => Promise<Seen>) =>
  perSale<{ saleId: string; buyerId: string }, Seen>({
    sizeMax: 200,
    queueMax: 20_000,
    deadlineMs: 3_000,
    async run(saleId, requests) {
      const buyerIds = requests.map(({ buyerId }) => buyerId);
      const reply = await run(redis, latestScript, floorKeys(saleId), [nextRequestId(), ...buyerIds]);
      // Of a sale that Redis does not know nothing is held; that is said where it is looked for.
      return reply[1] === 1 ? (reply.slice(2) as Seen[]) : requests.map(() => '');
    },
  });

/** Holds all of a cart in place of what its buyer held before, or changes nothing. Batched, and safe to repeat. */
export const initiator = (redis: Redis): ((request: InitiateRequest) => Promise<Initiated>) =>
  perSale<InitiateRequest, Initiated>({
    sizeMax: 200,
    queueMax: 20_000,
    deadlineMs: 3_000,
    async run(saleId, requests) {
      const { epoch } = requests[0] as InitiateRequest;
      const args = requests.flatMap(({ reservationId, buyerId, items, quoteId, seen }) => [
        reservationId,
        buyerId,
        encodeItems(canonicalItems(items)),
        quoteId,
        seen,
      ]);
      const reply = await run(redis, initiateScript, floorKeys(saleId), [nextRequestId(), epoch, ...args]);
      if (reply[1] !== 1) throw new StaleEpoch(`Redis has no such epoch of ${saleId}`);
      return (reply.slice(2) as Reply[]).map(decode);
    },
  });

/** The answers of lua/reservation/initiate-12.lua, by their code. A malformed request is its caller's bug. */
function decode([code, first, second]: Reply): Initiated | Error {
  switch (code) {
    case 1:
      return { kind: 'held', id: first as ReservationId, deadlineMs: Number(second) };
    case 2:
      return { kind: 'again', id: first as ReservationId };
    case 3:
      return { kind: 'paying', id: first as ReservationId };
    case 4:
      return { kind: 'short', sku: first as string, units: Number(second) };
    case 5:
      return { kind: 'not_open' };
    case 6:
      return { kind: 'unknown_sku', sku: first as string };
    case 8:
      return { kind: 'outdated', seen: first as Seen };
    default:
      return new Error(`initiate answered ${String(code)}: its arguments were malformed`);
  }
}
