import type { EntrantsTree } from '../../engine/index.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { blocksOf, type Places } from './places.ts';

const storeDrawTree = statement('store-draw-tree');
const storeDrawBlocks = statement('store-draw-blocks');
const freezeSale = statement<{ id: string }>('freeze-sale');

/** Blocks in one statement: 200 KB. */
const blocksMax = 64;

/** Undoes the transaction of whoever was not the first. */
class Overtaken extends Error {}

export interface Freeze {
  saleId: string;
  /** That the entrants were read in. */
  epoch: number;
  frozenAtMs: number;
  tree: EntrantsTree;
  places: Places;
  /** Null where a beacon has to speak first. */
  drawSeed: Buffer | null;
}

/** Commits who takes part in a draw, all of it or nothing. False where that had been committed before. */
export async function commitFreeze(on: PostgresPool, freeze: Freeze): Promise<boolean> {
  const { saleId, epoch, frozenAtMs, tree, places, drawSeed } = freeze;
  const blocks = blocksOf(places, tree.blockLevel);
  try {
    await inTransaction(on, async (transaction) => {
      await storeDrawTree(transaction, [saleId, tree.blockLevel, tree.levels[0]]);
      for (let at = 0; at < blocks.length; at += blocksMax) {
        const part = blocks.slice(at, at + blocksMax);
        await storeDrawBlocks(transaction, [saleId, part.map((_, i) => at + i), part]);
      }
      // Last, because whoever leases indices or moves the state waits for this row.
      const values = [saleId, epoch, frozenAtMs, tree.count, tree.root, drawSeed];
      if ((await freezeSale(transaction, values)).length === 0) throw new Overtaken();
    });
    return true;
  } catch (error) {
    if (error instanceof Overtaken) return false;
    throw error;
  }
}
