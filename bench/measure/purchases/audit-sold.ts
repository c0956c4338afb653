import { demand } from '../failure.ts';
import { auditDrained, type BenchSale } from '../sales.ts';

/** Throws unless exactly so many were sold: one confirmed order and one capture each, and nothing left behind. */
export async function auditSold(sale: BenchSale, count: number): Promise<void> {
  await auditDrained(sale, { min: 0, max: 0 });
  const audit = await sale.audit();
  const [item] = audit.items;
  const found = {
    sold: item?.sold,
    committed: item?.committed,
    paying: item?.paying,
    confirmed: audit.orders.confirmed,
    pending: audit.orders.pending,
    captured: audit.payments.captured,
    withoutOrder: audit.payments.withoutOrder,
    duplicated: audit.payments.duplicated,
    isBalanced: audit.ledger.balanced,
  };
  const expected = {
    sold: count,
    committed: count,
    paying: 0,
    confirmed: count,
    pending: 0,
    captured: count,
    withoutOrder: 0,
    duplicated: 0,
    isBalanced: true,
  };
  demand(
    JSON.stringify(found) === JSON.stringify(expected),
    `${sale.id}: the audit says ${JSON.stringify(found)}, expected was ${JSON.stringify(expected)}`,
  );
}
