import { setTimeout as pause } from 'node:timers/promises';
import type { DrawStore } from '../../engine/contracts/ports.ts';
import { type EntrantsTree, type OpenBlock, openBlock, treeAbove } from '../../engine/index.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
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
/** Blocks that wait to be fetched; whoever is turned away asks again with the next poll. */
const waitingMax = 1_000;
/**
 * After a block, which costs this process 2 ms, others have their turn for so long: a crowd that asks for
 * its proofs takes a sixth of a gateway at most.
 */
const pauseMs = 10;

interface Wanted {
  saleId: string;
  index: number;
  settle: (fetching: Promise<OpenBlock | null>) => void;
}

/** The proofs of frozen sales, made again block by block from what is stored; one fetch at a time. */
export function drawStoreOn(on: Postgres, write: WriteTicket, log: Log): DrawStore {
  const trees = new Recent<string, EntrantsTree>(treesMax);
  const blocks = new Recent<string, OpenBlock>(blocksMax);
  const wanted = new Map<string, { wish: Wanted; block: Promise<OpenBlock | null> }>();
  let isFetching = false;

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

  async function fetchWanted(): Promise<void> {
    if (isFetching) return;
    isFetching = true;
    for (const [key, { wish }] of wanted) {
      const fetching = fetchBlock(wish.saleId, wish.index);
      wish.settle(fetching);
      const block = await fetching.catch((error: Error) => {
        log.warn({ saleId: wish.saleId, reason: error.message }, 'proofs cannot be fetched');
        return null;
      });
      if (block) blocks.set(key, block);
      wanted.delete(key);
      await pause(pauseMs);
    }
    isFetching = false;
  }

  return { proofAtHand, proof };
}
