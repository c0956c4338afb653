import { decodeItems, type Item } from '../../engine/contracts/events.ts';
import type { ReservationId } from '../../engine/contracts/ids.ts';
import type { RestoredReservation } from '../../engine/contracts/rebuilt-sale.ts';
import type { StockCount } from '../../engine/contracts/sale.ts';
import type { ReservationState } from '../../engine/contracts/states.ts';
import type { SaleRow } from '../sales/sale-row.ts';
import type { LostReservation } from './rows.ts';

export interface RestoredUnits {
  reservations: RestoredReservation[];
  stock: StockCount[];
  /** Holds that the journal still knows and that had ended before the loss: they expire at once. */
  unitless: ReservationId[];
}

/** Where a reservation stands. Money decides before the journal: an order was committed before it was said. */
function stateOf({ order_status, was_sold, live_payment_id, last_event }: LostReservation): ReservationState {
  if (was_sold) return 'confirmed';
  switch (order_status) {
    case 'pending':
      return live_payment_id === null ? 'held' : 'paying';
    case 'failed':
    case 'cancelled':
      return last_event === 'reservation.released' ? 'released' : 'expired';
    case null:
      if (last_event === 'reservation.released') return 'released';
      if (last_event === 'reservation.expired' || last_event === 'reservation.confirmed') return 'expired';
      return 'held';
    default:
      return 'confirmed';
  }
}

/**
 * Reservations, stock and buyers' counts as the rows and the journal tell them. The outbox may have lost its
 * last moments: a hold that had ended, and whose unit was sold to somebody else since, still looks alive. So
 * where more is spoken for than there is, or a buyer has two live reservations, holds without an order give
 * way, the earliest deadline first.
 */
export function restoredUnits(sale: SaleRow, rows: readonly LostReservation[]): RestoredUnits {
  const reservations = rows.map(restored);
  const withOrder = new Set(rows.flatMap((row) => (row.order_status === null ? [] : [row.reservation_id])));
  const stock = stockOf(sale, reservations);
  const unitless = givingWay(reservations, withOrder, stock, sale.per_buyer_limit);
  countBuyers(reservations);
  return { reservations, stock: [...stock.values()], unitless };
}

/** A reservation as a rebuild would write it into Redis. */
export function restored(row: LostReservation): RestoredReservation {
  const state = stateOf(row);
  return {
    id: row.reservation_id,
    state,
    buyerId: row.buyer_id,
    turn: row.turn,
    items: decodeItems(row.items),
    deadlineMs: row.deadline.getTime(),
    attemptId:
      state === 'paying' || state === 'confirmed' ? row.live_payment_id : (row.last_attempt_id ?? null),
    isUntouched: state === 'held' && row.is_untouched,
    isExtended: row.is_extended,
    returns: row.returns,
    attempts: row.attempts,
    buyerUnits: null,
    quoteId: row.quote_id,
  };
}

const isLive = ({ state }: RestoredReservation) => state === 'held' || state === 'paying';
const bucketOf = { held: 'held', paying: 'paying', confirmed: 'sold' } as const;

/** What of a reservation still counts: of a sold one not what came back. */
function remaining({ items, returns }: RestoredReservation): Item[] {
  const left = new Map(items.map(({ sku, quantity }) => [sku, quantity]));
  for (const [, returned] of returns) {
    for (const { sku, quantity } of decodeItems(returned)) left.set(sku, (left.get(sku) ?? 0) - quantity);
  }
  return items.map(({ sku }) => ({ sku, quantity: left.get(sku) ?? 0 }));
}

/** What of a reservation counts for its buyer, while it is held or sold. */
export const unitsOf = (reservation: RestoredReservation) =>
  remaining(reservation).reduce((total, { quantity }) => total + quantity, 0);

/** Everything that the rows speak for; `available` may come out below zero. */
function stockOf(sale: SaleRow, reservations: readonly RestoredReservation[]): Map<string, StockCount> {
  const stock = new Map(
    sale.items.map(({ sku, units }): [string, StockCount] => [
      sku,
      { sku, units, available: units, held: 0, paying: 0, sold: 0 },
    ]),
  );
  for (const reservation of reservations) {
    const bucket = bucketOf[reservation.state as keyof typeof bucketOf];
    if (!bucket) continue;
    for (const { sku, quantity } of remaining(reservation)) {
      const count = stock.get(sku) as StockCount;
      count.available -= quantity;
      count[bucket] += quantity;
    }
  }
  return stock;
}

function givingWay(
  reservations: readonly RestoredReservation[],
  withOrder: ReadonlySet<ReservationId>,
  stock: ReadonlyMap<string, StockCount>,
  perBuyerLimit: number,
): ReservationId[] {
  const left = new Map([...stock.values()].map(({ sku, available }) => [sku, available]));
  const ofBuyer = new Map<string, { live: number; units: number }>();
  for (const one of reservations) {
    const buyer = ofBuyer.get(one.buyerId) ?? { live: 0, units: 0 };
    if (isLive(one)) buyer.live += 1;
    if (one.state in bucketOf) buyer.units += unitsOf(one);
    ofBuyer.set(one.buyerId, buyer);
  }
  const giving: ReservationId[] = [];
  const holds = reservations.filter(({ id, state }) => state === 'held' && !withOrder.has(id));
  for (const hold of [...holds].sort((a, b) => a.deadlineMs - b.deadlineMs || (a.id < b.id ? -1 : 1))) {
    const buyer = ofBuyer.get(hold.buyerId) as { live: number; units: number };
    const isShort = hold.items.some(({ sku }) => (left.get(sku) ?? 0) < 0);
    if (!isShort && buyer.live <= 1 && buyer.units <= perBuyerLimit) continue;
    giving.push(hold.id);
    buyer.live -= 1;
    buyer.units -= unitsOf(hold);
    for (const { sku, quantity } of hold.items) left.set(sku, (left.get(sku) ?? 0) + quantity);
  }
  return giving;
}

/** The buyer's units stand with their latest reservation: the live one, else the newest (ids sort by creation). */
function countBuyers(reservations: readonly RestoredReservation[]): void {
  const latest = new Map<string, { reservation: RestoredReservation; units: number }>();
  for (const reservation of reservations) {
    const units = reservation.state in bucketOf ? unitsOf(reservation) : 0;
    const known = latest.get(reservation.buyerId);
    const isLatest =
      !known ||
      (isLive(reservation) === isLive(known.reservation)
        ? reservation.id > known.reservation.id
        : isLive(reservation));
    latest.set(reservation.buyerId, {
      reservation: isLatest ? reservation : (known?.reservation ?? reservation),
      units: (known?.units ?? 0) + units,
    });
  }
  for (const { reservation, units } of latest.values()) reservation.buyerUnits = units;
}
