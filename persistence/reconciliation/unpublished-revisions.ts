import { generalStockId } from '../../engine/contracts/sale.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { publishRevision } from '../sales/publish-revision.ts';
import { type SaleRow, skusOf } from '../sales/sale-row.ts';
import { changeStock } from '../stock/change-stock.ts';
import { publishStock, type StockSettlement } from '../stock/publish-stock.ts';

const readSale = statement<SaleRow>('read-sale');
const unpublishedRevisions = statement<{ id: string }>('unpublished-revisions');

/**
 * Brings Redis to the rows where an operator's change was begun `ageMs` ago and nobody finished it, or where Redis
 * may have lost it. Returns how many.
 */
export async function publishRevisions(
  on: PostgresPool,
  settlement: StockSettlement & Pick<Settlement, 'configure' | 'reviseUnits'>,
  log: Log,
  ageMs: number,
): Promise<number> {
  const unpublished = await unpublishedRevisions(on, [ageMs]);
  let published = 0;
  for (const { id } of unpublished) {
    const [row] = (await readSale(on, [id])) as [SaleRow];
    const kind = await changeStock(on, settlement, log, skusOf(row), async (stock) => {
      if (id !== generalStockId) return (await publishRevision(stock, settlement, id)).kind;
      await publishStock(stock.connection, settlement);
      return 'followed';
    });
    log.warn({ saleId: id, outcome: kind }, 'a change of a sale is published late');
    if (kind !== 'lost' && kind !== 'in_use') published += 1;
  }
  return published;
}
