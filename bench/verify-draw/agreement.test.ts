import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { pageVectors } from '../../engine/draw/fixtures/page-vectors.ts';
import { diceOf } from '../dice.ts';
import { leafOf, rootFrom } from './entrants-root.ts';
import { halfSipHash, orderOf, roundKeys, sideOf } from './feistel-1.ts';
import { drawnSale, permutation } from './fixtures/drawn-sale.ts';

const vectors = pageVectors();
const bytes = (hex: string) => Buffer.from(hex, 'hex');

test('HalfSipHash is that of the reference implementation', () => {
  const { key, outputs } = vectors.halfSipHash;
  const message = Buffer.from([...outputs.keys()]);
  const hashes = outputs.map((_, length) => {
    const hash = Buffer.alloc(4);
    hash.writeUInt32LE(halfSipHash(bytes(key), message.subarray(0, length)));
    return hash.toString('hex');
  });
  expect(hashes).toEqual(outputs);
});

test('round keys, orders, leaves and roots are those of the page', () => {
  const keys = roundKeys(bytes(vectors.seed.drawSeed), vectors.pass.entrants);
  for (const { round, key } of vectors.pass.rounds) expect(keys[round]?.toString('hex')).toBe(key);
  for (const { drawSeed, entrants, side, indices, turns } of vectors.orders) {
    const turnOf = orderOf(bytes(drawSeed ?? vectors.seed.drawSeed), entrants);
    expect((indices ?? [...turns.keys()]).map(turnOf)).toEqual(turns);
    expect(sideOf(entrants)).toBe(side);
  }
  const { tickets, leaves, roots, proofs } = vectors.tree;
  for (const [index, proof] of proofs.entries()) {
    const leaf = leafOf(index, tickets[index] ?? null);
    expect(leaf.toString('hex')).toBe(leaves[index]);
    expect(rootFrom(proofs.length, index, leaf, proof)).toBe(roots.at(-1));
  }
});

test('engine and verifier agree on 10,000 random triples of seed, N and index', () => {
  let disagreements = 0;
  for (let i = 0; i < 10_000; i++) {
    const roll = diceOf(20_261_127, i);
    const drawSeed = createHash('sha256').update(`triple ${i}`).digest();
    // As many small sales as large ones: each number of bits comes up equally often.
    const n = 1 + Math.floor(roll() * 2 ** (roll() * 32));
    const index = Math.floor(roll() * n);
    if (permutation(drawSeed, n).turnOf(index) !== orderOf(drawSeed, n)(index)) disagreements += 1;
  }
  expect(disagreements).toBe(0);
});

test.each([1, 2, 3, 255, 256, 257, 1000])(
  'engine and verifier agree on the tree of %i entrants',
  async (count) => {
    const sale = await drawnSale(count, null);
    for (let index = 0; index < count; index += 1 + Math.floor(count / 40)) {
      const { ticket, proof = [] } = await sale.ticketAt(index);
      const leaf = leafOf(index, index === 3 ? null : ticket);
      expect(rootFrom(count, index, leaf, proof)).toBe(sale.draw.entrantsRoot);
    }
  },
);
