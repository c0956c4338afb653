import { type DiscrepancyKind, discrepancyKinds, type Repair } from '../../engine/contracts/discrepancies.ts';
import { type Discrepancy, nameOf } from '../discrepancies/discrepancy.ts';
import { gatherEvidence } from '../discrepancies/evidence.ts';
import { type Findings, findDiscrepancies } from '../discrepancies/find.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Repaired } from './repaired.ts';
import { type RepairParts, repairs } from './repairs.ts';

/** A discrepancy as `read-discrepancies.sql` selects it. */
export interface OpenRow extends Discrepancy {
  evidence: object;
  found_at: Date;
  seen_at: Date;
  tried_at: Date | null;
}

const claimReconciliation = statement<{ sale_id: string }>('claim-reconciliation');
const keepDiscrepancies = statement('keep-discrepancies');
const closeDiscrepancies = statement('close-discrepancies');
const readDiscrepancies = statement<OpenRow>('read-discrepancies');

export interface Reconciled {
  redis: Findings['redis'];
  /** All that did not agree, before anything was repaired. */
  found: Discrepancy[];
  repaired: Repaired[];
  /** What is left to a person. */
  open: OpenRow[];
}

/**
 * Rows or the journal are in doubt themselves: what would be rebuilt from them is not certain to be right.
 * `holdMismatch` is one of them unless Redis contradicts itself, too, and is the one at fault.
 */
const inDoubt: readonly DiscrepancyKind[] = [
  'orphanEntry',
  'unitsMismatch',
  'missingInPostgres',
  'missingInJournal',
  'relayStuck',
  'saleStateMismatch',
];
const contradictions: readonly DiscrepancyKind[] = ['countersMismatch', 'unitsDoNotAddUp'];

/**
 * Looks a sale through, mends what is certain, keeps a record of every repair, and leaves the rest, with
 * everything that is known about it, to a person. What was mended once and is there again is a person's, too.
 * Safe to run at any time, in the middle of a rush, by anybody. Null where there is no such sale.
 */
export async function reconcileSale(parts: RepairParts, saleId: string): Promise<Reconciled | null> {
  const { rows, log } = parts;
  const findings = await findDiscrepancies(parts, saleId);
  if (!findings) return null;
  await keep(parts, saleId, findings);
  const repaired = await repair(parts, saleId, findings);
  if (repaired.length > 0) {
    log.warn({ saleId, repaired: repaired.map(nameOf) }, 'discrepancies were repaired');
    const after = await findDiscrepancies(parts, saleId);
    if (after) await keep(parts, saleId, after);
  }
  const open = await readDiscrepancies(rows, [saleId]);
  if (open.length > 0)
    log.error({ saleId, open: open.map(nameOf) }, 'discrepancies are for a person to decide');
  return { redis: findings.redis, found: findings.discrepancies, repaired, open };
}

/** The same, unless another worker did so less than `pauseMs` ago. */
export async function reconcileInTurn(parts: RepairParts, saleId: string, pauseMs: number): Promise<void> {
  const [claimed] = await claimReconciliation(parts.rows, [saleId, pauseMs]);
  if (claimed) await reconcileSale(parts, saleId);
}

/** What a person has to decide about a sale. */
export const openDiscrepancies = (on: PostgresPool, saleId: string): Promise<OpenRow[]> =>
  readDiscrepancies(on, [saleId]);

/** Kinds that are found by looking at Redis: while it is away nobody knows whether they are gone. */
const ofRedis: readonly DiscrepancyKind[] = [
  ...(Object.keys(discrepancyKinds) as DiscrepancyKind[]).filter(
    (kind) => discrepancyKinds[kind].repair === 'rebuild',
  ),
  'unconfirmedHold',
  'lapsedPin',
  'stuckOrder',
  'missingInPostgres',
  'missingInJournal',
  'holdMismatch',
  'saleUnitsMismatch',
  'saleStateMismatch',
  'relayStuck',
];

async function keep(
  { rows, reports, settlement }: RepairParts,
  saleId: string,
  { discrepancies, redis }: Findings,
): Promise<void> {
  const known = new Set((await readDiscrepancies(rows, [saleId])).map(nameOf));
  const fresh = discrepancies.filter((one) => !known.has(nameOf(one)));
  const evidence = await gatherEvidence(reports, settlement, saleId, fresh);
  const all = [...fresh, ...discrepancies.filter((one) => known.has(nameOf(one)))];
  const kinds = all.map(({ kind }) => kind);
  const subjects = all.map(({ subject }) => subject);
  await keepDiscrepancies(rows, [
    saleId,
    kinds,
    subjects,
    all.map(({ detail }) => detail),
    all.map((_, at) => JSON.stringify(evidence[at] ?? {})),
  ]);
  const looked = (Object.keys(discrepancyKinds) as DiscrepancyKind[]).filter(
    (kind) => redis === 'compared' || !ofRedis.includes(kind),
  );
  await closeDiscrepancies(rows, [saleId, kinds, subjects, looked]);
}

async function repair(
  parts: RepairParts,
  saleId: string,
  { discrepancies: found, epoch }: Findings,
): Promise<Repaired[]> {
  const tried = new Set(
    (await readDiscrepancies(parts.rows, [saleId])).filter((row) => row.tried_at !== null).map(nameOf),
  );
  const due = found.filter((one) => !tried.has(nameOf(one)));
  const repaired: Repaired[] = [];
  for (const [name, run] of Object.entries(repairs) as [Repair, (typeof repairs)[Repair]][]) {
    const ofThis = due.filter(({ kind }) => discrepancyKinds[kind].repair === name);
    if (ofThis.length === 0 || !isCertain(name, found)) continue;
    try {
      repaired.push(...(await run(parts, saleId, ofThis, epoch)));
    } catch (err) {
      // It stays open; what else there is to repair does not depend on it.
      parts.log.error({ saleId, repair: name, err }, 'a repair failed');
    }
  }
  return repaired;
}

/** Whether nothing that was found makes the ground of a repair doubtful. */
function isCertain(name: Repair, found: readonly Discrepancy[]): boolean {
  const has = (kinds: readonly DiscrepancyKind[]) => found.some(({ kind }) => kinds.includes(kind));
  switch (name) {
    case 'post':
      return !has(['sealBroken', 'missingPayment', 'orphanPayment', 'paidTwice']);
    case 'count':
      return !has([
        'missingInLedger',
        'orphanEntry',
        'unitsMismatch',
        'missingPayment',
        'orphanPayment',
        'missingInPostgres',
      ]);
    case 'adjust':
      // With counts that contradict each other a unit more in one of them is not a unit more to sell.
      return !has([...contradictions, 'missingInLedger', 'orphanEntry', 'unitsMismatch']);
    case 'rebuild':
      return !has(inDoubt) && (!has(['holdMismatch']) || has(contradictions));
    default:
      return true;
  }
}
