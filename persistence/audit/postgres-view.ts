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
  without_order: number;
  duplicated: number;
}

export interface ItemCounts {
  sku: string;
  units: number;
  committed: number;
  pending: number;
  confirmed: number;
  posted: number;
}

/** Everything that Postgres says about a sale, at one moment. */
export interface PostgresView {
  sale: SaleRow;
  relayPosition: string;
  items: ItemCounts[];
  orders: OrderCounts;
  /** Id of the last transaction under a seal, of any sale. */
  sealedThrough: string | null;
}

const readSale = statement<SaleRow>('read-sale');
const readPosition = statement<{ position: string }>('read-relay-position');
const auditOrders = statement<OrderCounts>('audit-orders');
const auditItems = statement<ItemCounts>('audit-items');
const readSealedThrough = statement<{ sealed_through: string }>('read-sealed-through');

/** Reads a sale in one transaction that sees a single state; null where there is no such sale. */
export function readPostgresView(on: PostgresPool, saleId: string): Promise<PostgresView | null> {
  return inTransaction(
    on,
    async (transaction) => {
      const [sale] = await readSale(transaction, [saleId]);
      if (!sale) return null;
      const [relay] = await readPosition(transaction, [saleId]);
      const [orders] = (await auditOrders(transaction, [saleId])) as [OrderCounts];
      const [seal] = await readSealedThrough(transaction, []);
      return {
        sale,
        relayPosition: relay?.position ?? '0-0',
        items: await auditItems(transaction, [saleId]),
        orders,
        sealedThrough: seal?.sealed_through ?? null,
      };
    },
    'REPEATABLE READ, READ ONLY',
  );
}
