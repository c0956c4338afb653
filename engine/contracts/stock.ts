import type { Refusal } from './errors.ts';
import type { PutStock, StockItem } from './wire/stock.ts';

/** General stock: what is sold through carts, and what sales take their units from. */
export interface StockStore {
  /** As Redis counts it at that moment; null where stock does not know the SKU, `unavailable` where Redis does not yet. */
  find(sku: string): Promise<StockItem | null | Refusal>;
  /**
   * Says what there is of a SKU, which stock knows from then on. Refusals: `units_in_use` (fewer than shoppers hold),
   * `invalid_request` (too many SKUs), `unavailable`.
   */
  put(sku: string, stock: PutStock): Promise<{ kind: 'stocked'; item: StockItem } | Refusal>;
}
