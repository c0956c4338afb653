import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

export type InvitingSettlement = Pick<Settlement, 'invite' | 'knownInvitations'>;

interface InvitationRow {
  buyer_id: string;
}

const readInvitations = statement<InvitationRow>('read-invitations');
const unpublishedInvitations = statement<InvitationRow>('unpublished-invitations');
const markInvitationsPublished = statement('mark-invitations-published');

/** Read, told and marked at a time. */
const pageSize = 2_000;

/**
 * Tells Redis whom a sale invites: what it has not heard of, or everybody where this Redis does not know the
 * whole list, because it is new, was rebuilt or was restarted. Returns how many it was told. Safe to repeat, and
 * to run several times at once; throws where Redis is away or does not know the sale.
 */
export async function publishInvitations(
  on: Postgres,
  settlement: InvitingSettlement,
  saleId: string,
): Promise<number> {
  const { epoch, isAll } = await settlement.knownInvitations(saleId);
  const read = isAll ? unpublishedInvitations : readInvitations;
  let told = 0;
  let after = '';
  for (;;) {
    const buyerIds = (await read(on, [saleId, after, pageSize])).map(({ buyer_id }) => buyer_id);
    const isLast = buyerIds.length < pageSize;
    if (buyerIds.length === 0 && isAll) return told;
    await settlement.invite(saleId, { epoch, buyerIds, isAll: isLast && !isAll });
    if (buyerIds.length > 0) await markInvitationsPublished(on, [saleId, buyerIds]);
    told += buyerIds.length;
    if (isLast) return told;
    after = buyerIds.at(-1) as string;
  }
}
