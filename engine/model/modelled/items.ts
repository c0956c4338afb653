export interface Item {
  sku: string;
  quantity: number;
}

/** Items that are known to be well formed. */
export const itemsOf = (text: string): Item[] =>
  text.split(',').map((pair) => {
    const [sku, quantity] = pair.split(':') as [string, string];
    return { sku, quantity: Number(quantity) };
  });

export const quantityOf = (items: string): number =>
  itemsOf(items).reduce((sum, { quantity }) => sum + quantity, 0);
