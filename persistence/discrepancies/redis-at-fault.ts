import type { ObservedReservation } from '../../engine/surface.ts';
import type { Discrepancy } from './discrepancy.ts';
import { bucketOf, countedItems, type StandingReservation, type StandingSale } from './standing.ts';

/** What Redis says against itself about a sale. */
export function redisAtFault(sale: StandingSale): Discrepancy[] {
  return [
    ...sale.unreadable.map((id) => fault('unreadable', id, 'its record in Redis cannot be read')),
    ...stockAtFault(sale),
    ...[...sale.reservations.values()].flatMap((record) => indicesAtFault(record)),
    ...sale.strays.map(({ index, member }) =>
      fault('orphanDeadline', member, `the index of ${index} names it, and there is no such reservation`),
    ),
    ...buyersAtFault(sale),
  ];
}

const fault = (kind: Discrepancy['kind'], subject: string, detail: string): Discrepancy => ({
  kind,
  subject,
  detail,
});

const buckets = ['held', 'paying', 'sold'] as const;

function stockAtFault({ stock, standing, restocked }: StandingSale): Discrepancy[] {
  const counted = new Map(stock.map(({ sku }) => [sku, { held: 0, paying: 0, sold: 0 }]));
  for (const reservation of standing.values()) {
    const bucket = bucketOf[reservation.state];
    if (!bucket) continue;
    for (const { sku, quantity } of countedItems(reservation)) {
      const count = counted.get(sku) ?? { held: 0, paying: 0, sold: 0 };
      count[bucket] += quantity;
      counted.set(sku, count);
    }
  }
  const found: Discrepancy[] = [];
  for (const [sku, count] of counted) {
    const said = stock.find((one) => one.sku === sku);
    if (!said) {
      found.push(fault('countersMismatch', sku, 'reservations have units of it, and nothing counts them'));
      continue;
    }
    const places = said.available + said.held + said.paying + said.sold;
    if (places !== said.units) {
      found.push(fault('unitsDoNotAddUp', sku, `${places} units are in a bucket, of ${said.units}`));
    }
    const wrong = buckets.filter((bucket) => said[bucket] !== count[bucket]);
    if (wrong.length > 0 && !restocked.has(sku)) {
      const each = wrong.map((bucket) => `${said[bucket]} ${bucket}, reservations ${count[bucket]}`);
      found.push(fault('countersMismatch', sku, `counted are ${each.join('; ')}`));
    }
  }
  return found;
}

/** A record and what the indices say of it were read in one moment. */
function indicesAtFault(record: ObservedReservation): Discrepancy[] {
  const { id, state, deadlineMs, deadlineScoreMs, pinScoreMs, isTurnUsed, turn } = record;
  const found: Discrepancy[] = [];
  if (state === 'held' && deadlineScoreMs !== deadlineMs) {
    const detail =
      deadlineScoreMs === null
        ? 'it is held, and nothing ends it'
        : `it is held until ${deadlineMs}, and ends at ${deadlineScoreMs}`;
    found.push(fault('orphanHold', id, detail));
  }
  if (state === 'paying' && pinScoreMs === null) {
    found.push(fault('orphanHold', id, 'it is being paid, and nobody looks after it'));
  }
  if (state !== 'held' && deadlineScoreMs !== null) {
    found.push(fault('orphanDeadline', id, `it is ${state}, and its deadline would give its units back`));
  }
  if (state !== 'paying' && pinScoreMs !== null) {
    found.push(fault('orphanDeadline', id, `it is ${state}, and it is pinned`));
  }
  if (isTurnUsed === false) {
    found.push(fault('turnMismatch', id, `it used turn ${turn}, which is not marked as used`));
  }
  return found;
}

function buyersAtFault({ buyers, standing }: StandingSale): Discrepancy[] {
  const counted = new Map<string, { units: number; live: StandingReservation | null; hasMoved: boolean }>();
  for (const reservation of standing.values()) {
    const buyer = counted.get(reservation.buyerId) ?? { units: 0, live: null, hasMoved: false };
    buyer.hasMoved ||= reservation.hasMoved;
    if (bucketOf[reservation.state]) {
      buyer.units += countedItems(reservation).reduce((sum, { quantity }) => sum + quantity, 0);
    }
    if (reservation.state === 'held' || reservation.state === 'paying') buyer.live = reservation;
    counted.set(reservation.buyerId, buyer);
  }
  const found: Discrepancy[] = [];
  for (const buyerId of new Set([...counted.keys(), ...buyers.keys()])) {
    const of = counted.get(buyerId) ?? { units: 0, live: null, hasMoved: false };
    const said = buyers.get(buyerId);
    if (of.hasMoved) continue;
    if ((said?.units ?? 0) !== of.units) {
      found.push(
        fault('buyerMismatch', buyerId, `counted are ${said?.units ?? 0} units, reservations ${of.units}`),
      );
    } else if (of.live && said?.reservationId !== of.live.id) {
      found.push(
        fault('buyerMismatch', buyerId, `${of.live.id} is live, and ${said?.reservationId} is known`),
      );
    }
  }
  return found;
}
