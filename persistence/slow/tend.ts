import { orderIdOf, type PaymentId, type ReservationId } from '../../engine/contracts/ids.ts';
import { StaleEpoch } from '../../engine/index.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type MovedHold, onSlowFloor, type SlowFloor } from './floor.ts';
import { MovedUnits } from './units.ts';

const lapsedSlowPins = statement<{ reservation_id: ReservationId; buyer_id: string; attempt_id: PaymentId }>(
  'lapsed-slow-pins',
);
const abandonPayments = statement('abandon-payments');
const confirmSlowHolds = statement<MovedHold>('confirm-slow-holds');
const expireSlowHolds = statement<MovedHold>('expire-slow-holds');

/** What moves in one commit. */
const batchMax = 500;

/** Does what is due in a slow sale, as the tick does in Redis. Any number of workers may, at any time, or late. */
export async function tendSlowSale(pool: PostgresPool, log: Log, saleId: string): Promise<void> {
  try {
    await onSlowFloor(pool, log, saleId, async (floor) => {
      await confirmPaid(floor, saleId);
      await expireDue(floor, saleId);
      moveState(floor);
    });
  } catch (error) {
    // Somebody brought it back to Redis a moment ago.
    if (!(error instanceof StaleEpoch)) throw error;
  }
}

/** What is confirmed in Postgres is sold here, too. */
async function confirmPaid({ transaction, sale, emit }: SlowFloor, saleId: string): Promise<void> {
  const moved = new MovedUnits(sale.counts);
  for (const hold of await confirmSlowHolds(transaction, [saleId, batchMax])) {
    moved.add(hold.items, { sold: 1 });
    emit('reservation.confirmed', hold);
  }
  await moved.write(transaction, saleId);
}

/** Every hold whose time is up, however many there are. */
export async function expireAllDue(floor: SlowFloor, saleId: string): Promise<void> {
  while ((await expireDue(floor, saleId)) === batchMax);
}

/**
 * A batch of holds whose time is up, and how many they were: their units are available again. A pin that lapsed is fenced off first, as in
 * `reconciliation/lapsed-pins.ts`: a gateway that slept through its lease is refused, so its hold may end.
 */
async function expireDue({ transaction, sale, emit }: SlowFloor, saleId: string): Promise<number> {
  const pins = await lapsedSlowPins(transaction, [saleId, batchMax]);
  if (pins.length > 0) {
    await abandonPayments(transaction, [
      saleId,
      pins.map((pin) => pin.attempt_id),
      pins.map((pin) => pin.buyer_id),
      pins.map((pin) => orderIdOf(pin.reservation_id)),
      [],
    ]);
  }
  const moved = new MovedUnits(sale.counts);
  const ended = await expireSlowHolds(transaction, [saleId, batchMax, sale.now_ms]);
  for (const hold of ended) {
    moved.add(hold.items, { available: 1 });
    emit('reservation.expired', hold);
  }
  await moved.write(transaction, saleId);
  return ended.length;
}

/** Doors open and close by the clock, and by the operator's word; a sale of which all is sold has ended. */
export function moveState({ sale, emit }: SlowFloor): void {
  const isOver = sale.is_to_close || sale.closes_at.getTime() <= sale.now_ms;
  const left = sale.counts.reduce((sum, { units, sold }) => sum + units - sold, 0);
  switch (sale.state) {
    case 'scheduled':
    case 'waiting':
      if (isOver) emit('sale.closed');
      else if (sale.opens_at.getTime() <= sale.now_ms) emit('sale.opened');
      break;
    case 'open':
    case 'paused':
      if (left === 0) emit('sale.sold_out');
      else if (isOver) emit('sale.closed');
      break;
  }
}
