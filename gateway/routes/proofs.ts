import type { DrawStore } from '../../engine/contracts/ports.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { isOver } from '../../engine/contracts/states.ts';

/** Whoever learns that a sale is over is not to learn it a second later for the sake of a proof. */
const waitMsMax = 500;

/**
 * The proof that an index was in its sale's draw, or null: it was not, or the proof is being fetched. While
 * the sale lasts nobody waits for Postgres; the next poll has it. When it is final the proof is waited for.
 */
export async function proofOf(draws: DrawStore, sale: LiveSale, index: number): Promise<string[] | null> {
  const { config, draw, snapshot } = sale;
  if (!draw?.entrantsRoot || index >= draw.preEntrants) return null;
  const atHand = draws.proofAtHand(config.id, index);
  if (atHand || !isOver(snapshot.state)) return atHand;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), waitMsMax);
  });
  try {
    // A ticket without its proof is better than none; whoever fetches proofs has said what is wrong.
    return await Promise.race([draws.proof(config.id, index).catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
