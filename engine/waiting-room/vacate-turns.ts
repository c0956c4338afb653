import type { Redis } from 'ioredis';
import { saleKey, turnsKey } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';

/** In one call: a millisecond of Redis. */
const vacatedMax = 2_000;

/**
 * Turns that nobody has are marked as used: they are passed over when turns are called, and nobody reserves with them.
 * A repeat is harmless. `builder` is whoever rebuilds the sale meanwhile, '' where it is live. False where Redis does
 * not know the sale, or its entrants as fixed, or where that rebuild is over.
 */
export async function vacateTurns(
  redis: Redis,
  saleId: string,
  turns: readonly number[],
  builder: string,
): Promise<boolean> {
  for (let from = 0; from < turns.length; from += vacatedMax) {
    const part = turns.slice(from, from + vacatedMax);
    const keys = [saleKey(saleId), turnsKey(saleId)];
    const [, code] = await run(redis, script('waiting-room/vacate-turns'), keys, [
      nextRequestId(),
      builder,
      ...part,
    ]);
    if (code !== 1) return false;
  }
  return true;
}
