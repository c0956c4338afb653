import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type InvitingSettlement, publishInvitations } from './publish-invitations.ts';

const addInvitations = statement<{ is_by_invitation: boolean; added: number; listed: number }>(
  'add-invitations',
);

/**
 * Invites more buyers to a sale that is by invitation: rows first, then Redis, which hears of them later where
 * it is away. Who is listed already stays so. Refusals: `sale_not_found`, `invalid_transition`.
 */
export async function inviteBuyers(
  on: Postgres,
  settlement: InvitingSettlement,
  log: Log,
  saleId: string,
  buyerIds: readonly string[],
): Promise<{ kind: 'invited'; added: number; listed: number } | Refusal> {
  if (saleId === generalStockId) return refuse('sale_not_found');
  const [outcome] = await addInvitations(on, [saleId, buyerIds]);
  if (!outcome) return refuse('sale_not_found');
  if (!outcome.is_by_invitation) {
    return refuse('invalid_transition', {
      detail: 'This sale was created without invitations: everybody may join it.',
    });
  }
  const { added, listed } = outcome;
  try {
    await publishInvitations(on, settlement, saleId);
  } catch (error) {
    log.warn({ saleId, reason: (error as Error).message }, 'invitations are to be published later');
  }
  return { kind: 'invited', added, listed };
}
