import { expect, test } from 'vitest';
import { pageVectors } from './fixtures/page-vectors.ts';
import { halfSipHash } from './half-sip-hash.ts';
import { isIncluded } from './inclusion.ts';
import { buildTree, proofOf } from './merkle.ts';
import { permutation, roundKeysOf, sideOf } from './permute.ts';
import { drawSeed, seedCommitment } from './seed.ts';
import { leafHash, ticketHash } from './tree-hashes.ts';

const vectors = pageVectors();
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const hexOf = (word: number) => (word >>> 0).toString(16).padStart(8, '0');

test('HalfSipHash of a word is that of the reference implementation', () => {
  const key = bytes(vectors.halfSipHash.key);
  const hash = Buffer.alloc(4);
  hash.writeInt32LE(
    halfSipHash(key.readInt32LE(0), key.readInt32LE(4), Buffer.of(0, 1, 2, 3).readInt32LE(0)),
  );
  expect(hash.toString('hex')).toBe(vectors.halfSipHash.outputs[4]);
});

test('commitment and draw seed are those of the page', () => {
  const { seed, commitment, beaconValue, ...expected } = vectors.seed;
  expect(seedCommitment(bytes(seed))).toBe(commitment);
  expect(drawSeed(bytes(seed), beaconValue).toString('hex')).toBe(expected.drawSeed);
  expect(drawSeed(bytes(seed), null).toString('hex')).toBe(expected.drawSeedWithoutBeacon);
});

test('round keys, hashes and steps of one pass are those of the page', () => {
  const { entrants, side, index, rounds, numberAfter } = vectors.pass;
  const keys = roundKeysOf(bytes(vectors.seed.drawSeed), entrants);
  expect(sideOf(entrants)).toBe(side);
  expect(rounds.map(({ round }) => round)).toEqual([0, 1, 2, 3, 23]);
  expect(rounds[0]).toMatchObject({ left: Math.floor(index / side), right: index % side });
  for (const { round, key, left, right, hash, f, leftAfter, rightAfter } of rounds) {
    const [key0, key1] = [keys[2 * round] as number, keys[2 * round + 1] as number];
    expect([bytes(key).readInt32LE(0), bytes(key).readInt32LE(4)]).toEqual([key0, key1]);
    expect(hexOf(halfSipHash(key0, key1, right))).toBe(hash);
    expect(f).toBe(Math.floor((Number.parseInt(hash, 16) * side) / 2 ** 32));
    expect([leftAfter, rightAfter]).toEqual([right, (left + f) % side]);
  }
  const last = rounds.at(-1);
  expect(numberAfter).toBe((last?.leftAfter ?? 0) * side + (last?.rightAfter ?? 0));
});

test.each(vectors.orders)('the order of $entrants is that of the page', (order) => {
  const drawn = permutation(bytes(order.drawSeed ?? vectors.seed.drawSeed), order.entrants);
  const indices = order.indices ?? order.turns.map((_, index) => index);
  expect(indices.map(drawn.turnOf)).toEqual(order.turns);
  expect(order.turns.map(drawn.indexOf)).toEqual(indices);
  expect(sideOf(order.entrants)).toBe(order.side);
});

test('leaves, roots and proofs are those of the page', async () => {
  const { tickets, ticketHashes, leaves, roots, proofs } = vectors.tree;
  const hashes = tickets.map((ticket) => (ticket === null ? null : ticketHash(ticket)));
  expect(hashes.map((hash) => hash?.toString('hex') ?? null)).toEqual(ticketHashes);
  expect(hashes.map((hash, index) => leafHash(index, hash).toString('hex'))).toEqual(leaves);
  expect(roots).toHaveLength(tickets.length + 1);
  for (const [count, root] of roots.entries()) {
    expect((await buildTree(hashes.slice(0, count))).root).toBe(root);
  }
  const tree = await buildTree(hashes);
  for (const [index, proof] of proofs.entries()) {
    expect(await proofOf(index, tree, async (from, to) => hashes.slice(from, to))).toEqual(proof);
    const hash = hashes[index] ?? null;
    expect(isIncluded({ index, ticketHash: hash, count: tree.count, proof, root: tree.root })).toBe(true);
  }
});
