import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type PublishingSettlement, publish } from '../sales/publish.ts';
import type { SaleRow } from '../sales/sale-row.ts';

const unpublishedSales = statement<{ id: string }>('unpublished-sales');
const readSale = statement<SaleRow>('read-sale');

/**
 * Publishes sales that were committed `ageMs` ago and never came to Redis, because whoever created them
 * died in between, or Redis was away. Returns how many. One that cannot be published keeps no other waiting; why it
 * cannot is thrown at the end.
 */
export async function publishMissingSales(
  on: Postgres,
  settlement: PublishingSettlement,
  log: Log,
  ageMs: number,
): Promise<number> {
  const missing = await unpublishedSales(on, [ageMs]);
  const failures: unknown[] = [];
  for (const { id } of missing) {
    try {
      const [row] = (await readSale(on, [id])) as [SaleRow];
      await publish(on, settlement, row);
      log.warn({ saleId: id }, 'a sale that was never published is published now');
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return missing.length;
}
