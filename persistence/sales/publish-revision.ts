import type { Settlement } from '../../engine/surface.ts';
import { statement } from '../postgres/statement.ts';
import type { Stock } from '../stock/change-stock.ts';
import type { SaleRow } from './sale-row.ts';

const readSale = statement<SaleRow>('read-sale');
const reviseUnits = statement('revise-units');
const markRevisionPublished = statement<{ id: string }>('mark-revision-published');

export type PublishedRevision =
  | { kind: 'followed' }
  /** Redis has lost the sale; once that is rebuilt, it may be tried again. */
  | { kind: 'lost' }
  /** A Redis that fell back holds more than the rows leave it; once a hold has ended, it may be tried again. */
  | { kind: 'in_use'; sku: string }
  /** Its units are settled; the rows have followed Redis where they had gone further. */
  | { kind: 'ended'; tookBack: boolean };

/**
 * Brings Redis to what the rows say an operator wants, whoever changed them last, and keeps that it was
 * done. An announced change whose rows never came is undone by it. Safe to repeat; throws where Redis is away.
 */
export async function publishRevision(
  stock: Stock,
  settlement: Pick<Settlement, 'configure' | 'reviseUnits' | 'snapshot'>,
  saleId: string,
): Promise<PublishedRevision> {
  const [row] = (await readSale(stock.connection, [saleId])) as [SaleRow];
  const configured = await settlement.configure(saleId, row.revision, {
    title: row.title,
    perMinute: row.per_minute,
    waitingOpensAtMs: row.waiting_opens_at.getTime(),
    opensAtMs: row.opens_at.getTime(),
    closesAtMs: row.closes_at.getTime(),
  });
  // Whoever is late would write over what was published since, and may not live to put it right.
  if (configured.kind === 'overtaken') return publishLater(row.revision);
  if (configured.kind === 'refused' && configured.code === 'sale_not_found') return { kind: 'lost' };
  if (configured.kind === 'refused' && configured.code !== 'invalid_transition') {
    throw new Error(`${saleId} cannot be configured: ${configured.code}`);
  }
  const settled: string[] = [];
  for (const { sku, units } of row.items) {
    const adjusted = await settlement.reviseUnits(saleId, row.revision, sku, units);
    if (adjusted.kind === 'done') continue;
    if (adjusted.kind === 'overtaken') return publishLater(row.revision);
    if (adjusted.code === 'units_in_use') return { kind: 'in_use', sku };
    if (adjusted.code !== 'invalid_transition') {
      throw new Error(`${saleId} cannot have ${units} of ${sku}: ${adjusted.code}`);
    }
    settled.push(sku);
  }
  if (settled.length > 0) await keepUnits(stock, settlement, row, settled);
  const [marked] = await markRevisionPublished(stock.connection, [saleId, row.revision]);
  if (!marked) return publishLater(row.revision);
  return configured.kind === 'done' && settled.length === 0
    ? { kind: 'followed' }
    : { kind: 'ended', tookBack: settled.length > 0 };

  /** The rows have another revision by now. */
  async function publishLater(tried: number): Promise<PublishedRevision> {
    const [now] = (await readSale(stock.connection, [saleId])) as [SaleRow];
    if (now.revision === tried) throw new Error(`Redis knows a later revision of ${saleId} than ${tried}`);
    return publishRevision(stock, settlement, saleId);
  }
}

/** A sale that has ended keeps the units that it ended with; what the rows had more is general stock again. */
async function keepUnits(
  stock: Stock,
  settlement: Pick<Settlement, 'snapshot'>,
  { id, items }: SaleRow,
  skus: readonly string[],
): Promise<void> {
  const snapshot = await settlement.snapshot(id);
  if (!snapshot) throw new Error(`Redis does not know the sale ${id}`);
  const ended = snapshot.stock.filter(({ sku }) => skus.includes(sku));
  const values = [id, ended.map(({ sku }) => sku), ended.map(({ units }) => units)];
  const unitsOf = new Map(items.map(({ sku, units }) => [sku, units]));
  await stock.commit(
    (transaction) => reviseUnits(transaction, values),
    () => ended.map(({ sku, units }) => ({ sku, quantity: (unitsOf.get(sku) ?? units) - units })),
  );
}
