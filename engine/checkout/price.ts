import type { Item } from '../contracts/events.ts';
import { type Money, multiply, sum } from '../contracts/money.ts';
import type { OrderLine } from '../contracts/ports.ts';
import type { SaleConfig } from '../contracts/sale.ts';

/** The lines and the total of items at the sale's prices, which are fixed while the sale lasts. */
export function price(config: SaleConfig, items: readonly Item[]): { lines: OrderLine[]; total: Money } {
  const lines = items.map(({ sku, quantity }) => {
    const item = config.items.find((candidate) => candidate.sku === sku);
    if (!item) throw new Error(`sale ${config.id} has no SKU ${sku}, but a reservation of it exists`);
    return {
      sku,
      title: item.title,
      quantity,
      unitPrice: item.price,
      lineTotal: multiply(item.price, quantity),
    };
  });
  return { lines, total: sum(lines.map((line) => line.lineTotal)) };
}
