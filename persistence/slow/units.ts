import { decodeItems } from '../../engine/contracts/events.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { SlowCount } from './floor.ts';

const moveSlowStock = statement('move-slow-stock');

/** Moves units of a slow sale: at once in its counts as they were read, and in its rows when they are written. */
export class MovedUnits {
  readonly #counts: readonly SlowCount[];
  readonly #bySku = new Map<string, { available: number; sold: number }>();

  constructor(counts: readonly SlowCount[]) {
    this.#counts = counts;
  }

  /** What becomes available, and what becomes sold; less than nothing where it goes. */
  add(items: string, { available = 0, sold = 0 }: { available?: number; sold?: number }): void {
    for (const { sku, quantity } of decodeItems(items)) {
      const moved = this.#bySku.get(sku) ?? { available: 0, sold: 0 };
      const count = this.#counts.find((one) => one.sku === sku);
      for (const of of count ? [moved, count] : [moved]) {
        of.available += quantity * available;
        of.sold += quantity * sold;
      }
      this.#bySku.set(sku, moved);
    }
  }

  async write(transaction: Postgres, saleId: string): Promise<void> {
    const moved = [...this.#bySku];
    if (moved.length === 0) return;
    await moveSlowStock(transaction, [
      saleId,
      moved.map(([sku]) => sku),
      moved.map(([, { available }]) => available),
      moved.map(([, { sold }]) => sold),
    ]);
  }
}
