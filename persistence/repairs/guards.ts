import type { Discrepancy } from '../discrepancies/discrepancy.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { type Repaired, recorded } from './repaired.ts';

const lockGuard = statement<{ committed: number }>('lock-guard');
const setGuard = statement('set-guard');
const lostGuards = statement<{
  sku: string;
  units: number;
  committed: number;
  pending: number;
  confirmed: number;
}>('lost-guards');

/**
 * Counts guards again. A guard that is locked has no move in flight: its last one is committed with its order,
 * and the next one waits. So what is counted after the lock, in a statement of its own, is exactly what it
 * has to be. One that would pass its units is left: more is sold than there is, and no number mends that.
 */
export async function countGuards(
  on: PostgresPool,
  saleId: string,
  found: readonly Discrepancy[],
): Promise<Repaired[]> {
  const repaired: Repaired[] = [];
  for (const one of found) {
    const sku = one.subject;
    await inTransaction(on, async (transaction) => {
      await lockGuard(transaction, [saleId, sku]);
      const wrong = (await lostGuards(transaction, [saleId])).find((guard) => guard.sku === sku);
      if (!wrong) return;
      const counted = wrong.pending + wrong.confirmed;
      if (counted < 0 || counted > wrong.units) return;
      await setGuard(transaction, [saleId, sku, counted]);
      const done = `the guard counts ${counted}, it counted ${wrong.committed}`;
      repaired.push(await recorded(transaction, saleId, one, done));
    });
  }
  return repaired;
}
