import type { DiscrepancyKind } from '../../engine/contracts/discrepancies.ts';
import type { StockCount } from '../../engine/contracts/sale.ts';
import { isOver } from '../../engine/contracts/states.ts';
import type { Audit } from '../../engine/contracts/wire/sales.ts';
import type { Settlement } from '../../engine/surface.ts';
import { type FindingParts, findDiscrepancies } from '../discrepancies/find.ts';
import { type ItemCounts, readPostgresView } from './postgres-view.ts';

export interface AuditParts extends FindingParts {
  settlement: FindingParts['settlement'] & Pick<Settlement, 'snapshot' | 'outboxLag'>;
}

/**
 * Reads Postgres and Redis, and says what anybody may believe about a sale at that moment.
 * Null where there is no such sale. Throws `RedisUnavailable` while Redis is away.
 */
export async function auditSale(parts: AuditParts, saleId: string): Promise<Audit | null> {
  const { rows, settlement } = parts;
  const view = await readPostgresView(rows, saleId);
  if (!view) return null;
  const lag = await settlement.outboxLag(saleId, view.relayPosition);
  const after = await settlement.snapshot(saleId);
  const discrepancies = (await findDiscrepancies(parts, saleId))?.discrepancies ?? [];

  const stock = new Map(after?.stock.map((count) => [count.sku, count]));
  const counts = view.items.map((item) => ({ item, count: stock.get(item.sku) ?? nothing(item) }));
  const sum = (of: (both: (typeof counts)[number]) => number) =>
    counts.reduce((total, both) => total + of(both), 0);
  const state = after?.state ?? view.sale.state;
  return {
    saleId,
    state,
    epoch: after?.epoch ?? view.sale.epoch,
    items: counts.map(({ item, count }) => ({
      sku: item.sku,
      units: item.units,
      available: count.available,
      held: count.held,
      paying: count.paying,
      sold: count.sold,
      committed: item.committed,
    })),
    // Redis forgets whoever stood by with the sale; once that is over they wait for nothing.
    standby: isOver(state) ? 0 : (after?.standby ?? 0),
    orders: {
      ...pick(view.orders, ['confirmed', 'pending', 'failed', 'cancelled']),
      refunded: view.orders.refunded_orders,
    },
    oversold: sum(oversoldUnits),
    undersold: after ? sum(undersoldUnits) : 0,
    ledger: {
      sold: sum(({ item }) => item.posted),
      balanced: !discrepancies.some(({ kind }) => ledgerKinds.has(kind)),
      sealedThrough: view.sealedThrough,
    },
    payments: {
      captured: view.orders.captured,
      refunded: view.orders.refunded,
      withoutOrder: view.orders.without_order,
      duplicated: view.orders.duplicated,
    },
    relay: {
      lagEntries: lag.entries,
      lagMs: lag.oldestAtMs === null || !after ? 0 : Math.max(0, after.nowMs - lag.oldestAtMs),
    },
    discrepancies,
  };
}

const ledgerKinds: ReadonlySet<DiscrepancyKind> = new Set([
  'missingInLedger',
  'orphanEntry',
  'amountMismatch',
  'unitsMismatch',
  'ledgerUnbalanced',
  'sealBroken',
]);

type Both = { item: ItemCounts; count: StockCount };

const bucketsOf = ({ available, held, paying, sold }: StockCount) => available + held + paying + sold;

/** By whoever counts most: Redis, the guard, the orders or the ledger. */
const oversoldUnits = ({ item, count }: Both): number =>
  Math.max(
    0,
    count.sold - item.units,
    bucketsOf(count) - count.units,
    item.committed - item.units,
    item.confirmed - item.units,
    item.posted - item.units,
  );

/** Units that are in no bucket: nobody can ever buy them. Reading Redis has just swept what was held too long. */
const undersoldUnits = ({ count }: Both): number => Math.max(0, count.units - bucketsOf(count));

const nothing = ({ sku }: ItemCounts): StockCount => ({
  sku,
  units: 0,
  available: 0,
  held: 0,
  paying: 0,
  sold: 0,
});

function pick<T, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}
