import { GrowingRoot } from './growing-root.ts';
import {
  emptyTreeHash,
  entrantsRoot,
  hashBytes,
  leafHash,
  nodeHash,
  type TicketHash,
} from './tree-hashes.ts';

/**
 * A block of 2^8 leaves is what a proof reads again: 0.7 ms of hashing (3.7 ms with 2^10). The roots of all
 * blocks are what is stored: 125 KB for a million entrants, 1.25 MB for ten million.
 */
export const usualBlockLevel = 8;

/** The tree over the entrants of a frozen sale (docs/draw.md, "The entrants' root"), without its lower levels. */
export interface EntrantsTree {
  /** Entrants at the freeze: leaves, vacant ones included. */
  count: number;
  /** Published as `entrantsRoot`: lower-case hex. */
  root: string;
  blockLevel: number;
  /** `levels[0]`: the roots of the blocks of 2^blockLevel leaves, one after the other; then each level above. */
  levels: readonly Buffer[];
}

/** Reads the ticket hashes of the indices `[from, to)` of the frozen sale again, in order. */
export type LeafReader = (from: number, to: number) => Promise<readonly TicketHash[]>;

/**
 * Builds the tree from the ticket hashes in order of index, null where an index is vacant; of a source that yields
 * to others now and then, part by part. Keeps 64 bytes for each block and 32 for each level, and nothing of the
 * leaves.
 *
 * A million leaves take 3 to 5 s of one core, ten million 46 s (Node 20, a shared 2-core machine); hashing
 * their tickets first takes 2.5 s a million more.
 */
export async function buildTree(
  ticketHashes: Iterable<TicketHash> | AsyncIterable<Iterable<TicketHash>>,
  blockLevel = usualBlockLevel,
): Promise<EntrantsTree> {
  const blockSize = 2 ** blockLevel;
  const blockRoots: Buffer[] = [];
  let block = new GrowingRoot();
  let count = 0;
  const parts = Symbol.asyncIterator in ticketHashes ? ticketHashes : [ticketHashes];
  for await (const part of parts) {
    for (const ticket of part) {
      block.add(leafHash(count, ticket));
      count += 1;
      if (count % blockSize > 0) continue;
      blockRoots.push(block.hash());
      block = new GrowingRoot();
    }
  }
  if (count % blockSize !== 0) blockRoots.push(block.hash());
  return treeAbove(count, Buffer.concat(blockRoots), blockLevel);
}

/**
 * The same tree from what was stored of it: the number of leaves and the roots of its blocks
 * (`levels[0]`). Compare its `root` with the published one before serving proofs from it.
 */
export function treeAbove(count: number, blockRoots: Buffer, blockLevel = usualBlockLevel): EntrantsTree {
  const blocks = Math.ceil(count / 2 ** blockLevel);
  if (blockRoots.length !== blocks * hashBytes) {
    throw new RangeError(`${count} leaves have ${blocks} blocks, not ${blockRoots.length / hashBytes}`);
  }
  const levels = levelsAbove(blockRoots);
  const top = levels.at(-1) as Buffer;
  return { count, root: entrantsRoot(count, count === 0 ? emptyTreeHash : top), blockLevel, levels };
}

/**
 * The inclusion proof of `index`: the hashes beside the way from its leaf to the root, lower-case hex,
 * the lowest first. Reads one block of leaves. Throws RangeError where the tree has no such index, and
 * Error where the leaves are not those that the tree was built from: such a proof would convince nobody.
 */
export async function proofOf(index: number, tree: EntrantsTree, leaves: LeafReader): Promise<string[]> {
  const { proofOf: proofInBlock } = await openBlock(index, tree, leaves);
  return proofInBlock(index);
}

/** A block whose leaves were read: the proofs of its indices `[from, to)` cost no hashing any more. */
export interface OpenBlock {
  from: number;
  to: number;
  proofOf(index: number): string[];
}

/**
 * Reads the block that `index` is in, for whoever answers many: 16 KB to keep, 3 µs a proof. Throws as
 * `proofOf` does.
 */
export async function openBlock(index: number, tree: EntrantsTree, leaves: LeafReader): Promise<OpenBlock> {
  if (!Number.isInteger(index) || index < 0 || index >= tree.count) {
    throw new RangeError(`a tree of ${tree.count} leaves has no index ${index}`);
  }
  const blockSize = 2 ** tree.blockLevel;
  const block = Math.floor(index / blockSize);
  const from = block * blockSize;
  const to = Math.min(from + blockSize, tree.count);
  const tickets = await leaves(from, to);
  const below = levelsAbove(Buffer.concat(tickets.map((ticket, i) => leafHash(from + i, ticket))));
  if (!below.at(-1)?.equals(hashAt(tree.levels[0] as Buffer, block))) {
    throw new Error(`the tickets from index ${from} on are not those that the entrants' root was built from`);
  }
  const beyond = siblings(block, tree.levels);
  return {
    from,
    to,
    proofOf(within) {
      if (!Number.isInteger(within) || within < from || within >= to) {
        throw new RangeError(`the block of the indices ${from} to ${to - 1} has no index ${within}`);
      }
      return [...siblings(within - from, below), ...beyond].map((hash) => hash.toString('hex'));
    },
  };
}

/** A level of hashes, and each level above it up to the one that holds a single hash. */
function levelsAbove(lowest: Buffer): Buffer[] {
  const levels = [lowest];
  for (let below = lowest; below.length > hashBytes; below = levels.at(-1) as Buffer) {
    const width = below.length / hashBytes;
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < width; i += 2) above.push(nodeHash(hashAt(below, i), hashAt(below, i + 1)));
    // The last of an odd number has no neighbour: it stands for itself one level up.
    if (width % 2 === 1) above.push(hashAt(below, width - 1));
    levels.push(Buffer.concat(above));
  }
  return levels;
}

/** The neighbours of a hash and of those above it, without the level that holds a single hash. */
function siblings(position: number, levels: readonly Buffer[]): Buffer[] {
  const found: Buffer[] = [];
  let at = position;
  for (const level of levels) {
    const sibling = at % 2 === 0 ? at + 1 : at - 1;
    if (sibling < level.length / hashBytes) found.push(hashAt(level, sibling));
    at = Math.floor(at / 2);
  }
  return found;
}

const hashAt = (level: Buffer, position: number): Buffer =>
  level.subarray(position * hashBytes, (position + 1) * hashBytes);
