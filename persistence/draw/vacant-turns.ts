import { setImmediate as breathe } from 'node:timers/promises';
import { permutation } from '../../engine/index.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { vacantIndices } from './places.ts';

const readDrawTree = statement<{ block_level: number }>('read-draw-tree');
const readDrawBlocks = statement<{ places: Buffer }>('read-draw-blocks');

/** Blocks in one answer: 200 KB. */
const blocksMax = 64;

/**
 * Tells Redis which turns of a draw nobody has, so that they are not called: a place that was given up, or skipped when
 * Redis was lost, takes part in the draw as a vacant leaf. `builder` is whoever rebuilds the sale meanwhile. Safe to
 * repeat. Throws where either store is away.
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
  const { turnOf } = permutation(seed, entrants);
  const blockPlaces = 2 ** tree.block_level;
  for (let block = 0; block * blockPlaces < entrants; block += blocksMax) {
    const blocks = await readDrawBlocks(on, [saleId, block, block + blocksMax]);
    const places = Buffer.concat(blocks.map((row) => row.places));
    const turns = [...vacantIndices(places, block * blockPlaces)].map(turnOf);
    if (turns.length > 0) await settlement.vacateTurns(saleId, turns, builder);
    await breathe();
  }
}
