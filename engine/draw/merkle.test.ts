import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { isIncluded } from './inclusion.ts';
import { buildTree, type EntrantsTree, openBlock, proofOf, treeAbove, usualBlockLevel } from './merkle.ts';
import { type TicketHash, ticketHash } from './tree-hashes.ts';

/** Each seventh index is vacant. */
const ticketsOf = (count: number): TicketHash[] =>
  Array.from({ length: count }, (_, i) => (i % 7 === 3 ? null : ticketHash(`ticket ${i}`)));

const readerOf = (tickets: readonly TicketHash[]) => async (from: number, to: number) =>
  tickets.slice(from, to);

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const u64 = (value: number) => Buffer.from(value.toString(16).padStart(16, '0'), 'hex');

/** The definition, word for word: the largest power of two below n to the left, the others to the right. */
function definedHash(tickets: readonly TicketHash[], from = 0, to = tickets.length): Buffer {
  if (from === to) return sha256();
  if (to - from === 1) return sha256(Buffer.of(0), u64(from), tickets[from] ?? Buffer.alloc(0));
  let left = 1;
  while (2 * left < to - from) left *= 2;
  return sha256(Buffer.of(1), definedHash(tickets, from, from + left), definedHash(tickets, from + left, to));
}
const definedRoot = (tickets: readonly TicketHash[]) =>
  sha256(Buffer.of(2), u64(tickets.length), definedHash(tickets)).toString('hex');

test('the root is the defined one at every small size, whatever the size of its blocks', async () => {
  for (let count = 0; count <= 70; count++) {
    const tickets = ticketsOf(count);
    const root = definedRoot(tickets);
    for (const blockLevel of [0, 1, 3, usualBlockLevel]) {
      expect((await buildTree(tickets, blockLevel)).root).toBe(root);
    }
  }
});

test('every index of every small tree has a proof, and it proves nothing else', async () => {
  for (let count = 1; count <= 33; count++) {
    const tickets = ticketsOf(count);
    const tree = await buildTree(tickets, count % 4);
    const { root } = tree;
    for (const [index, hash] of tickets.entries()) {
      const proof = await proofOf(index, tree, readerOf(tickets));
      const claim = { index, ticketHash: hash, count, proof, root };
      expect(isIncluded(claim)).toBe(true);
      const otherHash = hash === null ? ticketHash('made up later') : null;
      expect(isIncluded({ ...claim, ticketHash: otherHash })).toBe(false);
      expect(isIncluded({ ...claim, ticketHash: ticketHash('of somebody else') })).toBe(false);
      for (let other = 0; other <= count; other++) {
        if (other !== index) expect(isIncluded({ ...claim, index: other })).toBe(false);
      }
      expect(isIncluded({ ...claim, count: count + 1 })).toBe(false);
      expect(isIncluded({ ...claim, count: count - 1 })).toBe(false);
      expect(isIncluded({ ...claim, proof: [...proof, root] })).toBe(false);
      expect(isIncluded({ ...claim, proof: proof.slice(1) })).toBe(proof.length === 0);
      expect(isIncluded({ ...claim, proof: proof.map((step) => step.toUpperCase()) })).toBe(
        proof.length === 0,
      );
    }
  }
});

test('one flipped bit in ticket, proof or root is refused', async () => {
  const tickets = ticketsOf(600);
  const tree = await buildTree(tickets);
  const index = 511;
  const proof = await proofOf(index, tree, readerOf(tickets));
  const claim = { index, ticketHash: tickets[index] as Buffer, count: 600, proof, root: tree.root };
  expect(isIncluded(claim)).toBe(true);
  const flipped = (hex: string) => {
    const bytes = Buffer.from(hex, 'hex');
    bytes[17] = (bytes[17] as number) ^ 0x20;
    return bytes;
  };
  expect(isIncluded({ ...claim, ticketHash: flipped(claim.ticketHash.toString('hex')) })).toBe(false);
  expect(isIncluded({ ...claim, root: flipped(tree.root).toString('hex') })).toBe(false);
  for (const at of proof.keys()) {
    const bent = proof.map((step, i) => (i === at ? flipped(step).toString('hex') : step));
    expect(isIncluded({ ...claim, proof: bent })).toBe(false);
  }
});

test('a proof reads one block of leaves and no more', async () => {
  const tickets = ticketsOf(1000);
  const tree = await buildTree(tickets, 6);
  const reads: [number, number][] = [];
  const leaves = async (from: number, to: number) => {
    reads.push([from, to]);
    return tickets.slice(from, to);
  };
  for (const index of [0, 63, 64, 999]) await proofOf(index, tree, leaves);
  expect(reads).toEqual([
    [0, 64],
    [0, 64],
    [64, 128],
    [960, 1000],
  ]);
});

test('an opened block answers for all of its indices, and for no other', async () => {
  const tickets = ticketsOf(1000);
  const tree = await buildTree(tickets, 6);
  const block = await openBlock(990, tree, readerOf(tickets));
  expect([block.from, block.to]).toEqual([960, 1000]);
  for (let index = 960; index < 1000; index++) {
    expect(block.proofOf(index)).toEqual(await proofOf(index, tree, readerOf(tickets)));
  }
  for (const index of [959, 1000, 960.5]) expect(() => block.proofOf(index)).toThrow(RangeError);
});

test('a tree is the same again from the block roots that were stored of it', async () => {
  for (const count of [0, 1, 256, 257, 5000]) {
    const tree = await buildTree(ticketsOf(count));
    expect(treeAbove(count, tree.levels[0] as Buffer)).toEqual(tree);
  }
  const stored = (await buildTree(ticketsOf(5000))).levels[0] as Buffer;
  expect(() => treeAbove(5000, stored.subarray(32))).toThrow(RangeError);
  expect(treeAbove(4999, stored).root).not.toBe(treeAbove(5000, stored).root);
});

test('no proof is made from leaves that are not those of the tree', async () => {
  const tickets = ticketsOf(300);
  const tree = await buildTree(tickets);
  const changed = tickets.with(20, ticketHash('somebody else'));
  await expect(proofOf(5, tree, readerOf(changed))).rejects.toThrow('from index 0 on');
  await expect(proofOf(5, tree, readerOf(tickets.slice(0, 200)))).rejects.toThrow('from index 0 on');
  expect(await proofOf(280, tree, readerOf(changed))).toEqual(await proofOf(280, tree, readerOf(tickets)));
  for (const index of [-1, 0.5, 300]) {
    await expect(proofOf(index, tree, readerOf(tickets))).rejects.toThrow(RangeError);
  }
});

test('leaves may come in parts, of any size, and a ticket is a hash of 32 bytes', async () => {
  const tickets = ticketsOf(1000);
  async function* parts() {
    for (const [from, to] of [
      [0, 1],
      [1, 1],
      [1, 700],
      [700, 1000],
    ])
      yield tickets.slice(from, to);
  }
  expect((await buildTree(parts())).root).toBe((await buildTree(tickets)).root);
  await expect(buildTree([Buffer.alloc(0)])).rejects.toThrow(RangeError);
});

test('thirty thousand entrants: a proof for each of a few, from what is kept', async () => {
  const count = 30_003;
  const leaf = (index: number): TicketHash => sha256(u64(index));
  function* all() {
    for (let index = 0; index < count; index++) yield leaf(index);
  }
  const tree: EntrantsTree = await buildTree(all());
  const kept = tree.levels.reduce((bytes, level) => bytes + level.length, 0);
  expect(kept).toBeLessThan(count / 2);
  const reader = async (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => leaf(from + i));
  for (const index of [0, 1, 255, 256, 16_383, 16_384, 29_999, 30_002]) {
    const proof = await proofOf(index, tree, reader);
    expect(isIncluded({ index, ticketHash: leaf(index), count, proof, root: tree.root })).toBe(true);
    expect(isIncluded({ index, ticketHash: leaf(index + 1), count, proof, root: tree.root })).toBe(false);
  }
});
