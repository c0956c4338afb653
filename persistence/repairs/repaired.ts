import type { Discrepancy } from '../discrepancies/discrepancy.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

/** What was done about a discrepancy, in a sentence. */
export interface Repaired extends Discrepancy {
  done: string;
}

const keepRepair = statement('keep-repair');

/** Keeps a repair on record: in the transaction that does it, where rows are repaired. */
export async function recorded(
  on: Postgres,
  saleId: string,
  one: Discrepancy,
  done: string,
): Promise<Repaired> {
  const { kind, subject, detail } = one;
  await keepRepair(on, [saleId, kind, subject, JSON.stringify({ detail }), done]);
  return { ...one, done };
}
