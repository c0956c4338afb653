import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type InvitingSettlement, publishInvitations } from './publish-invitations.ts';
import { type SaleRow, unpublished } from './sale-row.ts';

export type PublishingSettlement = Pick<Settlement, 'publishSale'> & InvitingSettlement;

const markSalePublished = statement('mark-sale-published');

/** Brings a committed sale into Redis for the first time, and keeps that it was. Safe to repeat. */
export async function publish(on: Postgres, settlement: PublishingSettlement, row: SaleRow): Promise<void> {
  await settlement.publishSale(unpublished(row));
  if (row.is_by_invitation) await publishInvitations(on, settlement, row.id);
  await markSalePublished(on, [row.id]);
}
