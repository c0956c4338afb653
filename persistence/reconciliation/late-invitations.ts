import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type InvitingSettlement, publishInvitations } from '../sales/publish-invitations.ts';

const liveInvitedSales = statement<{ id: string }>('live-invited-sales');

/**
 * Tells Redis of invitations that it has not heard of: whoever added them died in between, or Redis was away,
 * or it lost what it knew. Returns how many it was told. A sale that Redis has lost does not keep the others
 * waiting; it is what this throws then.
 */
export async function publishLateInvitations(
  reports: PostgresPool,
  rows: PostgresPool,
  settlement: InvitingSettlement,
  log: Log,
): Promise<number> {
  let told = 0;
  const failures: unknown[] = [];
  for (const { id } of await liveInvitedSales(reports, [])) {
    try {
      const toldOfOne = await publishInvitations(rows, settlement, id);
      if (toldOfOne > 0) log.warn({ saleId: id, told: toldOfOne }, 'invitations are published late');
      told += toldOfOne;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return told;
}
