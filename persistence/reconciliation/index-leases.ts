import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const readIndexLease = statement<{ index_leased_through: number }>('read-index-lease');
const leaseIndices = statement<{ index_leased_through: number }>('lease-indices');

/** Enough for two seconds of the fastest rush between two passes; a lost epoch skips no more than this. */
export const indexBlock = 50_000;

/**
 * Leases the next block of a waiting room's indices when less than half a block is left: in Postgres first,
 * then in Redis, so that no epoch ever issues one twice. A lease that Redis did not hear of is granted
 * again. Returns how many indices Redis may issue yet.
 */
export async function leaseIndicesAhead(
  on: Postgres,
  settlement: Pick<Settlement, 'grantIndices'>,
  saleId: string,
): Promise<number> {
  const [lease] = await readIndexLease(on, [saleId]);
  if (!lease) return 0;
  let through = lease.index_leased_through;
  // A grant of nothing changes nothing, and tells where Redis stands.
  let { leasedTo, next } = await settlement.grantIndices(saleId, through, through);
  if (through - next < indexBlock / 2) {
    const [leased] = await leaseIndices(on, [saleId, through, indexBlock]);
    if (leased) through = leased.index_leased_through;
  }
  if (leasedTo < through) ({ leasedTo, next } = await settlement.grantIndices(saleId, leasedTo, through));
  return leasedTo - next;
}
