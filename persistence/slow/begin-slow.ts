import { encodeItems } from '../../engine/contracts/events.ts';
import type { RestoredReservation } from '../../engine/contracts/rebuilt-sale.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { restoredUnits, unitsOf } from '../rebuild/restored-reservations.ts';
import type { LostReservation } from '../rebuild/rows.ts';
import type { SaleRow } from '../sales/sale-row.ts';
import { onSlowFloorIn } from './floor.ts';
import { moveState } from './tend.ts';

const beginSlow = statement<{ epoch: number }>('begin-slow');
const readSale = statement<SaleRow>('read-sale');
const lostReservations = statement<LostReservation>('lost-reservations');
const forgetSlowSale = statement('forget-slow-sale');
const addSlowStock = statement('add-slow-stock');
const addSlowReservations = statement('add-slow-reservations');

/** So long a sale sells from Redis before it is taken away from there again: two workers may disagree about Redis. */
const rebuiltForMs = 5_000;

/** Of `held` is said whether it is being paid, or was, where that is asked; what ended stays so. */
const stateOf = ({ state }: RestoredReservation) => (state === 'paying' ? 'held' : state);

/**
 * Ends the epoch of a sale and lets it sell through Postgres, from what a rebuild would know of it at this moment.
 * Relay, epoch and tables are one commit: whoever believes in the epoch before it, a Redis that comes back included, is
 * refused from then on. What Redis had decided and nobody had relayed is over with it. Any number of workers may
 * do it at once. False where it is not to be: the sale refuses, sells slowly already, or has ended.
 */
export const beginSlowly = (
  reports: PostgresPool,
  log: Log,
  saleId: string,
  epoch: number,
): Promise<boolean> =>
  inTransaction(reports, async (transaction) => {
    const [begun] = await beginSlow(transaction, [saleId, epoch, rebuiltForMs]);
    if (!begun) return false;
    const [sale] = (await readSale(transaction, [saleId])) as [SaleRow];
    const known = restoredUnits(sale, await lostReservations(transaction, [saleId]));
    const unitless = new Set(known.unitless);
    const rows = known.reservations.map((reservation) => ({
      ...reservation,
      items: encodeItems(reservation.items),
      units: unitsOf(reservation),
      state: unitless.has(reservation.id) ? 'expired' : stateOf(reservation),
    }));
    const gone = known.reservations.filter(({ id }) => unitless.has(id));
    const stock = known.stock.map(({ sku, units, available, sold }) => ({
      ...{ sku, units, sold },
      available: gone.reduce(
        (sum, { items }) => sum + (items.find((item) => item.sku === sku)?.quantity ?? 0),
        available,
      ),
    }));
    await forgetSlowSale(transaction, [saleId]);
    await addSlowStock(transaction, [saleId, ...columns(stock, ['sku', 'units', 'available', 'sold'])]);
    await addSlowReservations(transaction, [
      saleId,
      ...columns(rows, ['id', 'buyerId', 'items', 'units', 'state', 'deadlineMs', 'attemptId', 'quoteId']),
    ]);
    await onSlowFloorIn(transaction, log, saleId, async (floor) => {
      for (const { id, buyerId, items, deadlineMs } of gone) {
        const hold = { reservation_id: id, buyer_id: buyerId, items: encodeItems(items) };
        floor.emit('reservation.expired', { ...hold, attempt_id: null, deadline_ms: deadlineMs });
      }
      moveState(floor);
    });
    log.warn({ saleId, epoch: begun.epoch, reservations: rows.length }, 'Redis is away: a sale sells slowly');
    return true;
  });
