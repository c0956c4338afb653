import { brokenSeals } from '../ledger/seal.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { SaleRow } from '../sales/sale-row.ts';

export interface OrderCounts {
  confirmed: number;
  pending: number;
  failed: number;
  cancelled: number;
  refunded_orders: number;
  /** Ever; what was paid back since is in `refunded`, too. */
  captured: number;
  refunded: number;
  under_way: number;
  without_order: number;
  duplicated: number;
  confirmed_without_payment: number;
  kept_minor: number;
}

export interface ItemCounts {
  sku: string;
  units: number;
  committed: number;
  pending: number;
  confirmed: number;
  /** Came back after the sale had ended. */
  in_stock: number;
  /** Behind the guard again, and Redis may not have heard. */
  unheard: number;
  posted: number;
}

/** Everything that Postgres says about a sale, at one moment. */
export interface PostgresView {
  sale: SaleRow;
  relayPosition: string;
  items: ItemCounts[];
  orders: OrderCounts;
  ledger: { unbalanced: number; revenue_minor: number; sealed_through: string | null };
  brokenSeals: number[];
}

const readSale = statement<SaleRow>('read-sale');
const readPosition = statement<{ position: string }>('read-relay-position');
const auditOrders = statement<OrderCounts>('audit-orders');
const auditItems = statement<ItemCounts>('audit-items');
const auditLedger = statement<PostgresView['ledger']>('audit-ledger');

/** Seals that an audit computes again: the newest five million transactions at most. */
const sealsMax = 1_000;

/** Reads a sale in one transaction that sees a single state; null where there is no such sale. */
export function readPostgresView(on: PostgresPool, saleId: string): Promise<PostgresView | null> {
  return inTransaction(
    on,
    async (transaction) => {
      const [sale] = await readSale(transaction, [saleId]);
      if (!sale) return null;
      const [relay] = await readPosition(transaction, [saleId]);
      const [orders] = (await auditOrders(transaction, [saleId])) as [OrderCounts];
      const [ledger] = (await auditLedger(transaction, [saleId])) as [PostgresView['ledger']];
      return {
        sale,
        relayPosition: relay?.position ?? '0-0',
        items: await auditItems(transaction, [saleId]),
        orders,
        ledger,
        brokenSeals: await brokenSeals(transaction, sealsMax),
      };
    },
    'REPEATABLE READ, READ ONLY',
  );
}
