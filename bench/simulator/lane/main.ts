import { openLane } from '../lane-stores.ts';
import { runPart, runSeed, shortenSeed } from '../run-seed.ts';
import type { LaneAnswer, LaneOrder } from './messages.ts';

/** Composition root of a lane: simulates one seed after the other, as it is told. */
const lane = await openLane({
  redisUrl: process.env.REDIS_URL ?? '',
  databaseUrl: process.env.DATABASE_URL ?? '',
});
const answer = (said: LaneAnswer) => process.send?.(said);

async function obey(order: LaneOrder): Promise<void> {
  const { seed } = order;
  if (order.kind === 'shorten') {
    answer({ kind: 'shortened', ...(await shortenSeed(lane, seed)) });
    return;
  }
  const { decisions: _, ...outcome } =
    order.only === null ? await runSeed(lane, seed) : await runPart(lane, seed, order.only);
  answer({ kind: 'simulated', ...outcome });
}

process.on('message', (order: LaneOrder) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
answer({ kind: 'ready' });
