import type { StockCount } from '../../engine/contracts/sale.ts';
import type { Audit } from '../../engine/contracts/wire/sales.ts';
import type { PostgresView } from './postgres-view.ts';

export type Discrepancy = Audit['discrepancies'][number];

export interface Compared {
  view: PostgresView;
  /** By SKU; none where Redis does not know the sale. */
  stock: ReadonlyMap<string, StockCount>;
  /** Nothing moved while both were read, nothing is under way, and the relay has caught up. */
  quiet: boolean;
}

/**
 * What does not agree. While a sale moves, Redis and Postgres are ahead of one another by what is under
 * way, so they are compared with each other only when it is quiet; what is wrong at any moment is always
 * named.
 */
export function findDiscrepancies(compared: Compared): Discrepancy[] {
  return [...unitsAtFault(compared), ...moneyAtFault(compared.view), ...disagreements(compared)];
}

const inBuckets = ({ available, held, paying, sold }: StockCount) => available + held + paying + sold;

function unitsAtFault({ view, stock }: Compared): Discrepancy[] {
  const found: Discrepancy[] = [];
  if (stock.size === 0) {
    found.push({ kind: 'sale_missing', subject: view.sale.id, detail: 'Redis does not know the sale' });
  }
  for (const item of view.items) {
    const count = stock.get(item.sku);
    if (count && inBuckets(count) !== count.units) {
      const detail = `${inBuckets(count)} units are in a bucket, of ${count.units}`;
      found.push({ kind: 'units_do_not_add_up', subject: item.sku, detail });
    }
    if (item.committed !== item.pending + item.confirmed) {
      const detail = `the guard counts ${item.committed}, orders ${item.pending} pending and ${item.confirmed} confirmed`;
      found.push({ kind: 'guard_differs', subject: item.sku, detail });
    }
    if (item.posted + item.in_stock !== item.confirmed) {
      const detail = `the ledger sold ${item.posted + item.in_stock}, confirmed orders hold ${item.confirmed}`;
      found.push({ kind: 'ledger_differs', subject: item.sku, detail });
    }
  }
  return found;
}

function moneyAtFault({ sale, orders, ledger, brokenSeals }: PostgresView): Discrepancy[] {
  const found: Discrepancy[] = [];
  const name = (kind: string, count: number, detail: string) => {
    if (count > 0) found.push({ kind, subject: sale.id, detail: `${count} ${detail}` });
  };
  name('captured_without_order', orders.without_order, 'captured payments have no confirmed order');
  name('captured_twice', orders.duplicated, 'orders were paid more than once');
  name('confirmed_without_payment', orders.confirmed_without_payment, 'confirmed orders have no payment');
  name('ledger_unbalanced', ledger.unbalanced, 'transactions do not sum to zero');
  if (ledger.revenue_minor !== orders.kept_minor) {
    const detail = `the ledger kept ${ledger.revenue_minor}, payments less refunds ${orders.kept_minor}`;
    found.push({ kind: 'money_differs', subject: sale.id, detail });
  }
  for (const number of brokenSeals) {
    found.push({ kind: 'seal_broken', subject: String(number), detail: 'what it covers was altered' });
  }
  return found;
}

function disagreements({ view, stock, quiet }: Compared): Discrepancy[] {
  if (!quiet) return [];
  const found: Discrepancy[] = [];
  for (const item of view.items) {
    const count = stock.get(item.sku);
    if (!count) continue;
    if (count.units !== item.units) {
      const detail = `Redis has ${count.units}, Postgres ${item.units}`;
      found.push({ kind: 'units_differ', subject: item.sku, detail });
    }
    if (count.sold !== item.confirmed) {
      const detail = `Redis sold ${count.sold}, confirmed orders hold ${item.confirmed}`;
      found.push({ kind: 'sold_differs', subject: item.sku, detail });
    }
  }
  return found;
}
