import { emptyTreeHash, nodeHash } from './tree-hashes.ts';

/**
 * The hash of a tree whose leaves arrive one by one. Keeps one hash for each complete subtree that waits
 * for its neighbour, at most one a level: 24 hashes at 10 million leaves.
 */
export class GrowingRoot {
  readonly #waiting: (Buffer | null)[] = [];

  /** The next leaf, from the left. */
  add(leaf: Buffer): void {
    let carried = leaf;
    let level = 0;
    for (let left = this.#waiting[0]; left; left = this.#waiting[level]) {
      carried = nodeHash(left, carried);
      this.#waiting[level++] = null;
    }
    this.#waiting[level] = carried;
  }

  /** The hash of the tree over all leaves so far; more may follow. */
  hash(): Buffer {
    let tree: Buffer | null = null;
    for (const left of this.#waiting) {
      if (left) tree = tree ? nodeHash(left, tree) : left;
    }
    return tree ?? emptyTreeHash;
  }
}
