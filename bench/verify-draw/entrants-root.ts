import { createHash } from 'node:crypto';

/** The entrants' root of a draw, written from docs/draw.md and nothing else: from the root down, by halves. */

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** The leaf of an index: with the ticket that was fixed for it, or null where it was vacant. */
export function leafOf(index: number, ticket: string | null): Buffer {
  const bytes = ticket === null ? [] : [sha256(Buffer.from(ticket, 'utf8'))];
  return sha256(Buffer.of(0x00), u64(index), ...bytes);
}

/**
 * The root (hex) that a proof leads to from the leaf of `index`, or null where the proof is too long or
 * too short for so many entrants.
 */
export function rootFrom(
  entrants: number,
  index: number,
  leaf: Buffer,
  proof: readonly string[],
): string | null {
  const tree = treeHash(entrants, index, leaf, [...proof]);
  return tree && sha256(Buffer.of(0x02), u64(entrants), tree).toString('hex');
}

/** Uses up the proof from its end, which is the hash beside the topmost node. */
function treeHash(leaves: number, index: number, leaf: Buffer, proof: string[]): Buffer | null {
  if (leaves === 1) return proof.length === 0 ? leaf : null;
  const beside = proof.pop();
  if (beside === undefined) return null;
  let first = 1;
  while (2 * first < leaves) first *= 2;
  const isFirst = index < first;
  const mine = isFirst
    ? treeHash(first, index, leaf, proof)
    : treeHash(leaves - first, index - first, leaf, proof);
  if (mine === null) return null;
  const other = Buffer.from(beside, 'hex');
  return isFirst ? sha256(Buffer.of(0x01), mine, other) : sha256(Buffer.of(0x01), other, mine);
}
