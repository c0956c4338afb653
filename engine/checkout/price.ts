import type { Item } from '../contracts/events.ts';
import { type Money, multiply, sum } from '../contracts/money.ts';
import type { OrderLine } from '../contracts/ports.ts';
import type { SaleConfig } from '../contracts/sale.ts';

/** What the sale sells under that name, or undefined. */
export const itemOf = (config: SaleConfig, sku: string): SaleConfig['items'][number] | undefined =>
  config.items.find((item) => item.sku === sku);

function unitPriceOf(config: SaleConfig, sku: string) {
  const item = itemOf(config, sku);
  if (!item) throw new Error(`sale ${config.id} has no SKU ${sku}, but a reservation of it exists`);
  return item;
}

const lineTotalOf = (config: SaleConfig, { sku, quantity }: Item): Money =>
  multiply(unitPriceOf(config, sku).price, quantity);

/** The total of items at the sale's prices, which are fixed while the sale lasts. */
export const totalOf = (config: SaleConfig, items: readonly Item[]): Money =>
  sum(items.map((item) => lineTotalOf(config, item)));

/** The lines and the total of items at the sale's prices. */
export function price(config: SaleConfig, items: readonly Item[]): { lines: OrderLine[]; total: Money } {
  const lines = items.map((item) => {
    const { title, price: unitPrice } = unitPriceOf(config, item.sku);
    const { sku, quantity } = item;
    return { sku, title, quantity, unitPrice, lineTotal: lineTotalOf(config, item) };
  });
  return { lines, total: totalOf(config, items) };
}
