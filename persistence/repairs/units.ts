import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { SaleRow } from '../sales/sale-row.ts';

const readSale = statement<SaleRow>('read-sale');

/**
 * Lets Redis have the units of a SKU that the rows say. False where it refuses: more are held or sold than the
 * rows would leave it, or the sale has ended. The rows never follow here: what was damaged is not known.
 */
export async function adjustToRows(
  { rows, settlement }: { rows: Postgres; settlement: Pick<Settlement, 'reviseUnits'> },
  saleId: string,
  sku: string,
): Promise<boolean> {
  const [row] = (await readSale(rows, [saleId])) as [SaleRow];
  const units = row.items.find((item) => item.sku === sku)?.units;
  if (units === undefined) return false;
  const adjusted = await settlement.reviseUnits(saleId, row.revision, sku, units);
  if (adjusted.kind === 'refused') return false;
  const [after] = (await readSale(rows, [saleId])) as [SaleRow];
  // Another change came in between, and may have come first.
  return after.revision === row.revision || adjustToRows({ rows, settlement }, saleId, sku);
}
