import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type SaleRow, unpublished } from './sale-row.ts';

const markSalePublished = statement('mark-sale-published');

/** Brings a committed sale into Redis for the first time, and keeps that it was. Safe to repeat. */
export async function publish(
  on: Postgres,
  settlement: Pick<Settlement, 'publishSale'>,
  row: SaleRow,
): Promise<void> {
  await settlement.publishSale(unpublished(row));
  await markSalePublished(on, [row.id]);
}
