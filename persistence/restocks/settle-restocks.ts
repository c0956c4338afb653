import type { Item } from '../../engine/contracts/events.ts';
import type { ReservationId } from '../../engine/contracts/ids.ts';
import type { RestockState } from '../../engine/contracts/states.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { jitter } from '../queues/jitter.ts';
import { changeStock } from '../stock/change-stock.ts';
import type { StockSettlement } from '../stock/publish-stock.ts';

interface OwedRestock {
  restock_id: string;
  buyer_id: string;
  sale_id: string;
  reservation_id: ReservationId;
  state: Extract<RestockState, 'owed' | 'to_sale'>;
  has_sale_ended: boolean;
  /** How often it was looked at in vain. */
  looks: number;
  items: Item[];
}

const lostRestocks = statement<OwedRestock>('lost-restocks');
const moveRestock = statement<Item>('move-restock');
const closeRestock = statement('close-restock');
const noteRefusedRestock = statement('note-refused-restock');
const postponeRestock = statement('postpone-restock');

const batchMax = 200;
const generalStock = 'stock/general';

export interface RestockParts {
  /** Plans through keys: what is written. */
  rows: PostgresPool;
  /** Plans through statistics: what is looked for. */
  reports: PostgresPool;
  settlement: StockSettlement & Pick<Settlement, 'restock'>;
  log: Log;
}

/**
 * Moves returned units to where they can be sold again. Into a sale that runs: first the guard falls and the
 * ledger has its entry, then Redis offers them, once a return however often it is asked. Where the sale has
 * ended they are general stock; where it ended in between, another entry corrects the first. What could not be moved
 * waits a pause that grows, so that it keeps none waiting that came later. Any number of workers may run this at once.
 * Returns how many returns it looked at.
 */
export async function settleRestocks({ rows, reports, settlement, log }: RestockParts): Promise<number> {
  const owed = await lostRestocks(reports, [batchMax]);
  const outcomes = await Promise.allSettled(owed.map(settleOrPostpone));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return owed.length;

  async function settleOrPostpone(restock: OwedRestock): Promise<void> {
    try {
      await settleOne(restock);
    } finally {
      await postponeRestock(rows, [restock.restock_id, restock.buyer_id, restock.looks, jitter()]);
    }
  }

  /** The entry ends at the account between sales; where general stock knows the SKU, it takes them from there. */
  async function intoStock({ items }: OwedRestock, move: readonly unknown[]): Promise<void> {
    const skus = items.map(({ sku }) => sku);
    await changeStock(rows, settlement, log, skus, (general) =>
      general.commit(
        (transaction) => moveRestock(transaction, move),
        (moved) => moved,
      ),
    );
  }

  async function settleOne(restock: OwedRestock): Promise<void> {
    const stock = `sale/${restock.sale_id}/stock`;
    const sold = `sale/${restock.sale_id}/sold`;
    const { restock_id: returnId, buyer_id: buyerId, sale_id: saleId } = restock;
    if (restock.state === 'owed') {
      if (restock.has_sale_ended) {
        await intoStock(restock, [
          returnId,
          buyerId,
          'owed',
          'in_stock',
          0,
          'units_returned',
          sold,
          generalStock,
        ]);
        return;
      }
      await moveRestock(rows, [returnId, buyerId, 'owed', 'to_sale', -1, 'units_returned', sold, stock]);
    }
    const { reservation_id: reservationId, items } = restock;
    const answer = await settlement.restock({ saleId, reservationId, returnId, items });
    switch (answer.kind) {
      case 'restocked':
        await closeRestock(rows, [returnId, buyerId]);
        return;
      case 'sale_ended':
        await intoStock(restock, [
          returnId,
          buyerId,
          'to_sale',
          'in_stock',
          1,
          'units_return_corrected',
          stock,
          generalStock,
        ]);
        return;
      default:
        // Confirmed here and not yet there, or lost with an epoch: asked again, and seen in the audit.
        await noteRefusedRestock(rows, [returnId, buyerId]);
        log.warn({ saleId, returnId, reservationId, answer }, 'Redis does not take returned units');
    }
  }
}
