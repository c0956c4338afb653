import type { CartLine, StoredCart } from '../../engine/contracts/carts.ts';
import { multiply, sum } from '../../engine/contracts/money.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import type { Cart } from '../../engine/contracts/wire/cart.ts';

/**
 * A cart as its shopper sees it: at the prices and with the stock of this moment, and with a warning for whatever is
 * not as it was when they put it there. What is not sold any more, or in another currency by now, keeps the price
 * that it had. While Redis does not say what is available, it is what was heard of last: general stock is looked at
 * every few seconds only, because its tick reads every SKU of the shop.
 */
export function cartView(
  { cartId, lines, warnings: leftOut }: StoredCart,
  stock: LiveSale | null,
  availableNow: ReadonlyMap<string, number> | null,
): Cart {
  const warnings = [...leftOut];
  const items = lines.map((line) => {
    const { sku, quantity } = line;
    const sold = stock?.config.items.find((item) => item.sku === sku);
    const isSold = sold?.price.currency === line.unitPrice.currency;
    const counted = availableNow
      ? availableNow.get(sku)
      : stock?.snapshot.stock.find((count) => count.sku === sku)?.available;
    const available = isSold ? (counted ?? 0) : 0;
    const unitPrice = isSold && sold ? sold.price : line.unitPrice;
    warnings.push(...warningsOf(line, unitPrice.amount, isSold, available));
    return {
      sku,
      title: sold?.title ?? sku,
      quantity,
      unitPrice,
      lineTotal: multiply(unitPrice, quantity),
      available,
    };
  });
  return {
    cartId,
    items,
    subtotal: items.length === 0 ? null : sum(items.map(({ lineTotal }) => lineTotal)),
    itemCount: items.reduce((count, { quantity }) => count + quantity, 0),
    warnings,
  };
}

function warningsOf(line: CartLine, amount: number, isSold: boolean, available: number): string[] {
  const { sku, quantity, unitPrice } = line;
  if (!isSold) return [`${sku} is not sold any more.`];
  const warnings: string[] = [];
  if (amount !== unitPrice.amount) {
    warnings.push(`${sku} costs ${amount > unitPrice.amount ? 'more' : 'less'} than when it was put here.`);
  }
  if (available < quantity) {
    warnings.push(
      available === 0 ? `${sku} is not available now.` : `Only ${available} of ${sku} are available.`,
    );
  }
  return warnings;
}
