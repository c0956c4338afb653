import { generalStockId } from '../../engine/contracts/sale.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { configOf, type SaleRow, unpublished } from '../sales/sale-row.ts';

export type StockSettlement = Pick<Settlement, 'publishSale' | 'snapshot' | 'listItems' | 'adjustUnits'>;

const readSale = statement<SaleRow>('read-sale');
const markSalePublished = statement('mark-sale-published');
const markRevisionPublished = statement('mark-revision-published');

/**
 * Brings general stock in Redis to its rows: SKUs, titles, prices, units. Only who has stock to himself may call it:
 * units that are on their way out have left Redis and not the rows. Safe to repeat; throws where Redis is away or
 * has lost it, or holds more than the rows would leave it.
 */
export async function publishStock(connection: Postgres, settlement: StockSettlement): Promise<void> {
  const [row] = await readSale(connection, [generalStockId]);
  if (!row) return;
  if (row.published_at === null) {
    await settlement.publishSale(unpublished(row));
    await markSalePublished(connection, [generalStockId]);
  }
  const listed = await settlement.listItems(generalStockId, configOf(row).items);
  const snapshot = await settlement.snapshot(generalStockId);
  if (listed.kind === 'refused' || !snapshot) throw new Error('Redis does not know general stock');
  const present = new Map(snapshot.stock.map((count) => [count.sku, count.units]));
  for (const { sku, units } of row.items) {
    if (present.get(sku) === units) continue;
    const adjusted = await settlement.adjustUnits(generalStockId, sku, units);
    if (adjusted.kind === 'refused') {
      throw new Error(`general stock cannot have ${units} of ${sku}: ${adjusted.code}`);
    }
  }
  await markRevisionPublished(connection, [generalStockId, row.revision]);
}
