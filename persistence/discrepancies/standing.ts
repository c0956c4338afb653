import { decodeItems, type Item } from '../../engine/contracts/events.ts';
import type { PaymentId, ReservationId } from '../../engine/contracts/ids.ts';
import type { ReservationState } from '../../engine/contracts/states.ts';
import type { ObservedReservation, ObservedSale } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

interface EventRow {
  reservation_id: ReservationId;
  type: `reservation.${string}`;
  buyer_id: string;
  turn: number | null;
  items: string;
  deadline_ms: number | null;
  attempt_id: PaymentId | null;
}

/** Where a reservation stood in Redis at one moment. */
export type StandingReservation = Pick<
  ObservedReservation,
  'id' | 'state' | 'buyerId' | 'items' | 'attemptId' | 'pinScoreMs' | 'returns'
> & {
  /** Something happened to it while the sale was read. */
  hasMoved: boolean;
};

/** Everything that Redis held of a sale at one moment, `through`. */
export interface StandingSale extends Omit<ObservedSale, 'from'> {
  standing: Map<ReservationId, StandingReservation>;
  /** SKUs of which something came back meanwhile: how much of it was read twice is not known. */
  restocked: Set<string>;
}

const eventsBetween = statement<EventRow>('events-between');

const stateAfter: Record<string, ReservationState> = {
  'reservation.held': 'held',
  'reservation.extended': 'held',
  'reservation.returned': 'held',
  'reservation.payment_begun': 'paying',
  'reservation.confirmed': 'confirmed',
  'reservation.released': 'released',
  'reservation.expired': 'expired',
};

/**
 * Brings what was read bit by bit to one moment: whatever happened while it was read is in the journal, if that
 * has come as far. So counts and reservations compare exactly, also in the middle of a rush.
 */
export async function standingAt(
  on: Postgres,
  saleId: string,
  observed: ObservedSale,
): Promise<StandingSale> {
  const standing = new Map<ReservationId, StandingReservation>();
  for (const record of observed.reservations.values())
    standing.set(record.id, { ...record, hasMoved: false });
  const restocked = new Set<string>();
  const events = await eventsBetween(on, [saleId, ...halves(observed.from), ...halves(observed.through)]);
  for (const event of events) {
    const items = decodeItems(event.items);
    const state = stateAfter[event.type];
    if (state === undefined) for (const { sku } of items) restocked.add(sku);
    const known = standing.get(event.reservation_id);
    standing.set(event.reservation_id, {
      id: event.reservation_id,
      state: state ?? 'confirmed',
      buyerId: event.buyer_id,
      // Of a return the event names what came back, the record everything.
      items: state === undefined && known ? known.items : items,
      attemptId: event.attempt_id,
      pinScoreMs: known?.pinScoreMs ?? null,
      returns: known?.returns ?? new Map<string, Item[]>(),
      hasMoved: true,
    });
  }
  return { ...observed, standing, restocked };
}

const halves = (position: string): [string, string] => {
  const [ms = '0', n = '0'] = position.split('-');
  return [ms || '0', n];
};

/** What of a reservation counts as held, being paid or sold: of a sold one not what came back. */
export function countedItems({ items, returns }: Pick<StandingReservation, 'items' | 'returns'>): Item[] {
  const left = new Map(items.map(({ sku, quantity }) => [sku, quantity]));
  for (const back of returns.values()) {
    for (const { sku, quantity } of back) left.set(sku, (left.get(sku) ?? 0) - quantity);
  }
  return [...left].map(([sku, quantity]) => ({ sku, quantity }));
}

export const bucketOf: Partial<Record<ReservationState, 'held' | 'paying' | 'sold'>> = {
  held: 'held',
  paying: 'paying',
  confirmed: 'sold',
};
