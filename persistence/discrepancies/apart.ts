import { encodeItems } from '../../engine/contracts/events.ts';
import type { ReservationId } from '../../engine/contracts/ids.ts';
import type { RestoredReservation } from '../../engine/contracts/rebuilt-sale.ts';
import { isBefore } from '../outbox/position.ts';
import { restored } from '../rebuild/restored-reservations.ts';
import type { LostReservation } from '../rebuild/rows.ts';
import type { Discrepancy } from './discrepancy.ts';
import type { StandingReservation, StandingSale } from './standing.ts';

/** Redis follows what Postgres settled within moments; so long it is under way, and no difference. */
const underWayMs = 10_000;

/**
 * Where Redis does not hold what a rebuild from Postgres would write into it, reservation by reservation. What
 * happened since Redis was read is passed over, and so is what was settled a moment ago.
 */
export class Comparison {
  readonly found: Discrepancy[] = [];
  readonly #sale: StandingSale;
  readonly #known = new Set<ReservationId>();

  constructor(sale: StandingSale) {
    this.#sale = sale;
  }

  /** Compares one reservation as Postgres knows it. */
  add(row: LostReservation): void {
    const id = row.reservation_id;
    this.#known.add(id);
    const there = this.#sale.standing.get(id);
    const isLater = row.last_position !== null && isBefore(this.#sale.through, row.last_position);
    const isUnderWay = row.touched_ago_ms !== null && row.touched_ago_ms < underWayMs;
    if (isLater || isUnderWay || this.#sale.unreadable.includes(id)) return;
    this.found.push(...(there ? differences(row, restored(row), there, this.#sale.clockMs) : absence(row)));
  }

  /** Once every reservation that Postgres knows was added: what is left is known to Redis alone. */
  end(): void {
    for (const { id, state } of this.#sale.standing.values()) {
      if (this.#known.has(id)) continue;
      const detail = `Redis has it as ${state}, and the journal has never heard of it`;
      this.found.push({ kind: 'missingInJournal', subject: id, detail });
    }
  }
}

const isLive = (state: string) => state === 'held' || state === 'paying';

function absence(row: LostReservation): Discrepancy[] {
  const { state } = restored(row);
  if (!isLive(state) && state !== 'confirmed') return [];
  const detail = `by Postgres it is ${state}, and Redis does not know it`;
  return [{ kind: 'missingInRedis', subject: row.reservation_id, detail }];
}

function differences(
  row: LostReservation,
  expected: RestoredReservation,
  there: StandingReservation,
  clockMs: number,
): Discrepancy[] {
  const found = (kind: Discrepancy['kind'], detail: string): Discrepancy[] => [
    { kind, subject: row.reservation_id, detail },
  ];
  const both = `by Postgres it is ${expected.state}, in Redis ${there.state}`;
  if (expected.buyerId !== there.buyerId) return found('holdMismatch', 'it is of different buyers');
  const [items, itemsThere] = [encodeItems(expected.items), encodeItems(there.items)];
  if (items !== itemsThere) return found('holdMismatch', `its items are ${items}, in Redis ${itemsThere}`);

  const { state } = there;
  if (state === 'confirmed' && expected.state !== 'confirmed') return found('missingInPostgres', both);
  switch (expected.state) {
    case 'confirmed': {
      if (state === 'confirmed') return lostReturns(row, there);
      const isPaidThere = state === 'paying' && there.attemptId === expected.attemptId;
      return found(isPaidThere ? 'unconfirmedHold' : 'missingInRedis', both);
    }
    case 'paying':
      if (state === 'paying' && there.attemptId === expected.attemptId) return [];
      return state === 'paying'
        ? found('holdMismatch', `${expected.attemptId} pays it, in Redis ${there.attemptId}`)
        : found('missingInRedis', both);
    case 'held':
      if (state === 'held') return [];
      if (state === 'paying') return isLapsed(there, clockMs) ? found('lapsedPin', both) : [];
      // Nothing happens to a hold that is over, so its order never ends by itself.
      return row.order_status === 'pending' && hasEnded(row)
        ? found('stuckOrder', `its order is pending, and the hold is ${state}`)
        : found('holdMismatch', both);
    default:
      // An order that was cancelled before it was paid leaves its hold to its owner.
      return isLive(state) && hasEnded(row) ? found('holdMismatch', both) : [];
  }
}

const hasEnded = ({ last_event }: LostReservation) =>
  last_event === 'reservation.released' || last_event === 'reservation.expired';

const isLapsed = ({ pinScoreMs }: StandingReservation, clockMs: number) =>
  pinScoreMs !== null && pinScoreMs < clockMs - underWayMs;

const lostReturns = (row: LostReservation, there: StandingReservation): Discrepancy[] =>
  row.in_sale
    .filter((returnId) => !there.returns.has(returnId))
    .map((returnId) => ({
      kind: 'missingInRedis',
      subject: returnId,
      detail: `by Postgres its units are back in the sale, in Redis they are still sold (${row.reservation_id})`,
    }));
