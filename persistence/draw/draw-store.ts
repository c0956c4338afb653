import type { DrawStore } from '../../engine/contracts/ports.ts';
import {
  type EntrantsTree,
  type OpenBlock,
  openBlock,
  treeAbove,
  usualBlockLevel,
} from '../../engine/index.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { InTurn } from './in-turn.ts';
import { ticketHashes, type WriteTicket } from './places.ts';
import { Recent } from './recent.ts';

interface TreeRow {
  pre_entrants: number;
  entrants_root: string;
  block_level: number;
  block_roots: Buffer;
}

const readDrawTree = statement<TreeRow>('read-draw-tree');
const readDrawBlock = statement<{ places: Buffer }>('read-draw-block');

/** Trees kept: 250 KB for a million entrants. */
const treesMax = 16;
/** Blocks kept, of 256 entrants and 16 KB each. */
const blocksMax = 1_000;

const covers = ({ from, to }: OpenBlock, index: number): boolean => index >= from && index < to;

/** The proofs of frozen sales, made again block by block from what is stored. */
export function drawStoreOn(on: Postgres, write: WriteTicket, log: Log): DrawStore {
  const trees = new Recent<string, EntrantsTree>(treesMax);
  const blocks = new Recent<string, OpenBlock>(blocksMax);
  const fetches = new InTurn<OpenBlock | null>(log);

  /** Null where the entrants are not fixed. */
  async function treeOf(saleId: string): Promise<EntrantsTree | null> {
    const known = trees.get(saleId);
    if (known) return known;
    const [row] = await readDrawTree(on, [saleId]);
    if (!row) return null;
    const tree = treeAbove(row.pre_entrants, row.block_roots, row.block_level);
    if (tree.root !== row.entrants_root) {
      throw new Error(`the stored tree of ${saleId} is not that of its published root`);
    }
    trees.set(saleId, tree);
    return tree;
  }

  async function fetchBlock(saleId: string, index: number): Promise<OpenBlock | null> {
    const tree = await treeOf(saleId);
    if (!tree || index >= tree.count) return null;
    return openBlock(index, tree, async (from) => {
      const [row] = await readDrawBlock(on, [saleId, from / 2 ** tree.blockLevel]);
      return row ? [...ticketHashes(row.places, saleId, from, write)] : [];
    });
  }

  /** The block from memory, or a promise of it. */
  function blockOf(saleId: string, index: number): OpenBlock | Promise<OpenBlock | null> {
    const key = `${saleId}/${Math.floor(index / 2 ** usualBlockLevel)}`;
    const known = blocks.get(key);
    if (known && covers(known, index)) return known;
    return fetches.of(key, async () => {
      const block = await fetchBlock(saleId, index);
      if (block) blocks.set(key, block);
      return block;
    });
  }

  return {
    proofAtHand(saleId, index) {
      const block = blockOf(saleId, index);
      if (!(block instanceof Promise)) return block.proofOf(index);
      // Whoever asks again finds it there, or has it fetched again.
      block.catch(() => {});
      return null;
    },

    async proof(saleId, index) {
      const block = await blockOf(saleId, index);
      return block && covers(block, index) ? block.proofOf(index) : null;
    },
  };
}
