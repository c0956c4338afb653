import { brokenSeals } from '../ledger/seal.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Discrepancy } from './discrepancy.ts';
import { entriesAtFault } from './entries-at-fault.ts';

interface GuardAtFault {
  sku: string;
  units: number;
  committed: number;
  pending: number;
  confirmed: number;
}

const lostGuards = statement<GuardAtFault>('lost-guards');
const lostRows = statement<Discrepancy>('lost-rows');
const verifySums = statement<{ unbalanced: number }>('verify-sums');

/** A payment is looked at every few seconds; one that waits for its buyer has a lease. */
const payingMsMax = 60_000;
/** Providers take their time with refunds, and returns wait for a Redis that is away. */
const givingBackMsMax = 600_000;

/** Seals that are computed again each time, the newest; `npm run verify-ledger` computes all of them. */
const sealsMax = 1_000;

/**
 * What Postgres says against itself about a sale, at one moment of `transaction`. All of it is committed
 * together with what it has to agree with, so nothing that is under way is in it.
 */
export async function rowsAtFault(transaction: Postgres, saleId: string): Promise<Discrepancy[]> {
  const [sums] = (await verifySums(transaction, [saleId])) as [{ unbalanced: number }];
  return [
    ...(await entriesAtFault(transaction, saleId)),
    ...(sums.unbalanced === 0
      ? []
      : [
          {
            kind: 'ledgerUnbalanced' as const,
            subject: saleId,
            detail: `${sums.unbalanced} transactions do not sum to zero`,
          },
        ]),
    ...(await brokenSeals(transaction, sealsMax)).map((number) => ({
      kind: 'sealBroken' as const,
      subject: String(number),
      detail: 'what this seal covers was altered',
    })),
    ...(await lostGuards(transaction, [saleId])).map(({ sku, committed, pending, confirmed }) => ({
      kind: 'guardMismatch' as const,
      subject: sku,
      detail: `the guard counts ${committed}, orders ${pending} pending and ${confirmed} confirmed`,
    })),
    ...(await lostRows(transaction, [saleId, payingMsMax, givingBackMsMax])),
  ];
}
