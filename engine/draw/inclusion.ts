import { entrantsRoot, hashBytes, leafHash, nodeHash, type TicketHash } from './tree-hashes.ts';

export interface Inclusion {
  index: number;
  /** Null proves that nobody held the index. */
  ticketHash: TicketHash;
  /** Entrants at the freeze. */
  count: number;
  /** As `proofOf` gives it. */
  proof: readonly string[];
  /** As published, lower-case hex. */
  root: string;
}

const hexHash = new RegExp(`^[0-9a-f]{${2 * hashBytes}}$`);

/** True when the proof leads from that leaf to that root, with nothing left over. */
export function isIncluded({ index, ticketHash, count, proof, root }: Inclusion): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= count) return false;
  let hash = leafHash(index, ticketHash);
  let at = index;
  let used = 0;
  for (let width = count; width > 1; width = Math.ceil(width / 2)) {
    const isLeft = at % 2 === 0;
    if (!isLeft || at + 1 < width) {
      const sibling = hashOf(proof[used++]);
      if (!sibling) return false;
      hash = isLeft ? nodeHash(hash, sibling) : nodeHash(sibling, hash);
    }
    at = Math.floor(at / 2);
  }
  return used === proof.length && entrantsRoot(count, hash) === root;
}

const hashOf = (hex: string | undefined): Buffer | null =>
  hex !== undefined && hexHash.test(hex) ? Buffer.from(hex, 'hex') : null;
