import type { DiscrepancyKind } from '../../engine/contracts/discrepancies.ts';
import type { Reconciliation } from '../../engine/contracts/reconciliation.ts';
import type { Reconciled, SaleDiscrepancies } from '../../engine/contracts/wire/discrepancies.ts';
import { evidenceAsShown } from '../discrepancies/evidence.ts';
import { statement } from '../postgres/statement.ts';
import { type OpenRow, openDiscrepancies, reconcileSale } from './reconcile.ts';
import type { RepairParts } from './repairs.ts';

interface RepairRow {
  kind: DiscrepancyKind;
  subject: string;
  done: string;
  repaired_at: Date;
}

interface CountRow {
  sale_id: string;
  kind: DiscrepancyKind;
  open: number;
  repaired: number;
}

const findSale = statement<{ id: string }>('find-sale');
const readRepairs = statement<RepairRow>('read-repairs');
const lostCounts = statement<CountRow>('lost-counts');
const livePositions = statement<{ id: string; position: string }>('live-positions');

const repairsMax = 100;

/** Reconciliation as an operator asks for it; workers do the same every minute. */
export function reconciliationOn(parts: RepairParts): Reconciliation {
  const { rows, reports, settlement } = parts;
  return {
    async reconcile(saleId) {
      const reconciled = await reconcileSale(parts, saleId);
      return reconciled && ({ ...reconciled, saleId, open: reconciled.open.map(shown) } satisfies Reconciled);
    },

    async discrepancies(saleId) {
      if ((await findSale(rows, [saleId])).length === 0) return null;
      const repairs = await readRepairs(rows, [saleId, repairsMax]);
      return {
        saleId,
        open: (await openDiscrepancies(rows, saleId)).map(shown),
        repairs: repairs.map(({ repaired_at, ...row }) => ({
          ...row,
          repairedAt: repaired_at.toISOString(),
        })),
      } satisfies SaleDiscrepancies;
    },

    async counts() {
      return (await lostCounts(reports, [])).map(({ sale_id, ...row }) => ({ ...row, saleId: sale_id }));
    },

    async relayLags() {
      const positions = await livePositions(reports, []);
      return Promise.all(
        positions.map(async ({ id, position }) => {
          const { entries, oldestAtMs } = await settlement.outboxLag(id, position);
          return { saleId: id, entries, ms: oldestAtMs === null ? 0 : Math.max(0, Date.now() - oldestAtMs) };
        }),
      );
    },
  };
}

const shown = ({ kind, subject, detail, evidence, found_at, seen_at, tried_at }: OpenRow) => ({
  kind,
  subject,
  detail,
  evidence: evidenceAsShown(evidence),
  foundAt: found_at.toISOString(),
  seenAt: seen_at.toISOString(),
  triedAt: tried_at?.toISOString() ?? null,
});
