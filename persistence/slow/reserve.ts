import { refuse } from '../../engine/contracts/errors.ts';
import { canonicalItems, encodeItems, type Item } from '../../engine/contracts/events.ts';
import { newReservationId, type ReservationId } from '../../engine/contracts/ids.ts';
import type { Decision, ReserveRequest } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { gather } from '../postgres/gathering.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { type MovedHold, onSlowFloor, type SlowFloor } from './floor.ts';
import { expireAllDue } from './tend.ts';
import { MovedUnits } from './units.ts';

/** What a buyer has of a slow sale, as `read-slow-buyers.sql` selects it. */
interface BuyersHold {
  buyer_id: string;
  reservation_id: ReservationId;
  items: string;
  units: number;
  deadline_ms: number;
  state: 'held' | 'paying' | 'confirmed';
}

const readSlowBuyers = statement<BuyersHold>('read-slow-buyers');
const addSlowReservations = statement('add-slow-reservations');

/** Requests in one commit, as in one script. */
const sizeMax = 200;

/**
 * 200 a commit and some 700 a second (docs/adr/0023) make three seconds' worth; a gateway has room for 10,000 exchanges
 * of all kinds, those who pay among them.
 */
const patience = { waitingMax: 2_000, waitMsMax: 3_000 };

/** Nobody can stand by without Redis, which is what hands over a unit that comes back. */
const allHeld = refuse('unavailable', {
  detail: 'Every unit is held, and nobody can stand by at this moment; try again.',
  retryAfterSeconds: 5,
});

const unitsIn = (items: readonly Item[]) => items.reduce((sum, { quantity }) => sum + quantity, 0);

/**
 * Decides who gets units of slow sales, in order of arrival and in groups, a commit each. The checks and their order
 * are those of `lua/reservation/reserve-12.lua`.
 */
export function slowReserver(pool: PostgresPool, log: Log): (request: ReserveRequest) => Promise<Decision> {
  const ofSales = new Map<string, (request: ReserveRequest) => Promise<Decision>>();
  return (request) => {
    const { saleId } = request;
    const known = ofSales.get(saleId);
    if (known) return known(request);
    const decide = gather<ReserveRequest, Decision>(
      (requests) => onSlowFloor(pool, log, saleId, (floor) => reserveAll(floor, saleId, requests)),
      // Of one buyer's requests the later one has to see what the earlier one got.
      { sizeMax, patience, namesOf: ({ buyerId }) => [buyerId] },
    );
    ofSales.set(saleId, decide);
    return decide(request);
  };
}

async function reserveAll(
  floor: SlowFloor,
  saleId: string,
  requests: readonly ReserveRequest[],
): Promise<Decision[]> {
  const { transaction, sale, emit } = floor;
  const buyers = requests.map(({ buyerId }) => buyerId);
  let holds = await readSlowBuyers(transaction, [saleId, buyers]);
  if (holds.some(({ state, deadline_ms }) => state === 'held' && deadline_ms <= sale.now_ms)) {
    await expireAllDue(floor, saleId);
    holds = await readSlowBuyers(transaction, [saleId, buyers]);
  }
  const stock = new Map(sale.counts.map((count) => [count.sku, count]));
  const moved = new MovedUnits(sale.counts);
  const made: (MovedHold & { units: number })[] = [];
  const decisions = requests.map((request) => decide(request));
  await moved.write(transaction, saleId);
  if (made.length > 0) await write();
  return decisions;

  function decide({ saleNumber, buyerId, items, reservationId }: ReserveRequest): Decision {
    const unknown = items.find(({ sku }) => !stock.has(sku));
    if (unknown) return refuse('sku_not_found', { detail: `This sale has no SKU "${unknown.sku}".` });
    const asked = encodeItems(canonicalItems(items));
    const theirs = holds.filter((hold) => hold.buyer_id === buyerId);
    const live = theirs.find(({ state }) => state !== 'confirmed');
    if (live && live.items !== asked) {
      return refuse('reservation_exists', {
        detail: 'Release or pay the live reservation of other items first.',
      });
    }
    if (live) {
      const { reservation_id: id, state, deadline_ms: deadlineMs } = live;
      return { kind: 'held', fresh: false, id, state, deadlineMs };
    }
    const closed = closedDoor();
    if (closed) return closed;
    const has = theirs.reduce((sum, { units }) => sum + units, 0);
    if (has + unitsIn(items) > sale.per_buyer_limit) {
      return refuse('buyer_limit_reached', {
        detail: `A buyer may have at most ${sale.per_buyer_limit} units of this sale.`,
        members: { limit: sale.per_buyer_limit },
      });
    }
    const counts = items.map(({ sku, quantity }) => ({ count: stock.get(sku) ?? nothing, quantity }));
    if (counts.some(({ count, quantity }) => count.units - count.sold < quantity)) return refuse('sold_out');
    if (counts.some(({ count, quantity }) => count.available < quantity)) return allHeld;
    moved.add(asked, { available: -1 });
    const id = reservationId ?? newReservationId(saleNumber);
    const deadlineMs = sale.now_ms + sale.hold_ms;
    made.push({
      ...{ reservation_id: id, buyer_id: buyerId, items: asked, units: unitsIn(items) },
      ...{ attempt_id: null, deadline_ms: deadlineMs },
    });
    return { kind: 'held', fresh: true, id, state: 'held', deadlineMs };
  }

  function closedDoor(): Decision | null {
    switch (sale.state) {
      case 'scheduled':
      case 'waiting':
        return refuse('sale_not_open', { retryAfterSeconds: 1 });
      case 'paused':
        return refuse('sale_paused', { retryAfterSeconds: 5 });
      case 'sold_out':
        return refuse('sold_out');
      case 'closed':
        return refuse('sale_closed');
      default:
        return sale.closes_at.getTime() <= sale.now_ms ? refuse('sale_closed') : null;
    }
  }

  async function write(): Promise<void> {
    const none = made.map(() => null);
    await addSlowReservations(transaction, [
      saleId,
      ...columns(made, ['reservation_id', 'buyer_id', 'items', 'units']),
      made.map(() => 'held'),
      made.map(({ deadline_ms }) => deadline_ms),
      none,
      none,
    ]);
    for (const hold of made) emit('reservation.held', hold);
  }
}

const nothing = { units: 0, available: 0, sold: 0 };
