import { setImmediate as breathe } from 'node:timers/promises';
import { permutation } from '../../engine/index.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { namesOf, vacantIndices } from './places.ts';

const readDrawTree = statement<{ block_level: number }>('read-draw-tree');
const placesSinceFreeze = statement<{ first_index: number | null; places: Buffer }>('places-since-freeze');
const readDrawBlocks = statement<{ places: Buffer }>('read-draw-blocks');

/** Blocks in one answer: 200 KB. */
const blocksMax = 64;

/** Whose places under the root of a draw were given up since it was fixed, as far as that is journaled. */
async function goneSinceFreeze(on: Postgres, saleId: string): Promise<Set<string>> {
  const gone = new Set<string>();
  for (const { first_index, places } of await placesSinceFreeze(on, [saleId])) {
    for (const name of namesOf(places)) {
      if (first_index === null) gone.add(name);
      else gone.delete(name);
    }
  }
  return gone;
}

/**
 * Tells Redis which turns of a draw nobody has, so that they are neither called nor used: a place that was given up, or
 * skipped when Redis was lost, takes part in the draw as a vacant leaf; one that was given up since the freeze has its
 * leaf, and nobody's turn. `builder` is whoever rebuilds the sale meanwhile. Safe to repeat. Throws where
 * either store is away.
 */
export async function vacateTurns(
  on: Postgres,
  settlement: Pick<Settlement, 'vacateTurns'>,
  saleId: string,
  { seed, entrants }: { seed: Buffer; entrants: number },
  builder?: string,
): Promise<void> {
  const [tree] = await readDrawTree(on, [saleId]);
  if (!tree) return;
  const gone = await goneSinceFreeze(on, saleId);
  const { turnOf } = permutation(seed, entrants);
  const blockPlaces = 2 ** tree.block_level;
  for (let block = 0; block * blockPlaces < entrants; block += blocksMax) {
    const blocks = await readDrawBlocks(on, [saleId, block, block + blocksMax]);
    const places = Buffer.concat(blocks.map((row) => row.places));
    const turns = [...vacantIndices(places, block * blockPlaces, gone)].map(turnOf);
    if (turns.length > 0) await settlement.vacateTurns(saleId, turns, builder);
    await breathe();
  }
}
