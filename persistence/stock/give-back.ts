import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { brokenFact } from '../postgres/errors.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { SaleRow } from '../sales/sale-row.ts';
import { changeStock, type Stock } from './change-stock.ts';
import type { StockSettlement } from './publish-stock.ts';

const endedSales = statement<{ id: string }>('ended-sales');
const readSale = statement<SaleRow>('read-sale');
const reviseUnits = statement('revise-units');

export interface GiveBackParts {
  /** Plans through keys: what is written. */
  rows: PostgresPool;
  /** Plans through statistics: what is looked for. */
  reports: PostgresPool;
  settlement: StockSettlement & Pick<Settlement, 'giveBack'>;
  log: Log;
}

/**
 * What nobody bought in a sale that has ended goes back to general stock, where its SKU is known there: out of the
 * sale in Redis, once nobody holds or pays any more; then out of its rows and into stock in one commit, by as many
 * as the rows have more than Redis; then stock in Redis. Whoever dies in between has moved nothing, or all of it.
 * Returns how many sales it settled.
 */
export async function giveBackUnsold({ rows, reports, settlement, log }: GiveBackParts): Promise<number> {
  const ended = await endedSales(reports, []);
  let settled = 0;
  for (const { id } of ended) {
    if (
      await changeStock(rows, settlement, log, 'whatever it knows', (stock) =>
        giveBack(stock, settlement, id),
      )
    )
      settled += 1;
  }
  return settled;
}

/** False where it is too early. */
async function giveBack(
  stock: Stock,
  settlement: Pick<Settlement, 'giveBack'>,
  saleId: string,
): Promise<boolean> {
  const [row] = (await readSale(stock.connection, [saleId])) as [SaleRow];
  const items = row.items.filter(({ sku }) => stock.knows(sku));
  const left = await settlement.giveBack(
    saleId,
    items.map(({ sku }) => sku),
  );
  // Live holds may pay until they end; a sale that Redis has lost is rebuilt first.
  if (left === null || 'kind' in left) return false;
  const unitsOf = new Map(left.map(({ sku, units }) => [sku, units]));
  const gone = items.map(({ sku, units }) => ({ sku, quantity: units - (unitsOf.get(sku) ?? units) }));
  const values = [saleId, left.map(({ sku }) => sku), left.map(({ units }) => units)];
  try {
    await stock.commit(
      (transaction) => reviseUnits(transaction, values),
      () => gone,
    );
    return true;
  } catch (error) {
    // The relay has not failed the order of a hold that ended yet: its units are still committed.
    if (brokenFact(error) === 'committed_within_units') return false;
    throw error;
  }
}
