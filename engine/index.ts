import { type EngineParts, engineOn } from './engine-on.ts';
import { BuyerNewsChannel } from './redis/buyer-news.ts';
import { connected } from './redis/connection.ts';
import { channels } from './redis/keys.ts';
import { listen } from './redis/listening.ts';
import type { Engine } from './surface.ts';

export { isIncluded } from './draw/inclusion.ts';
export {
  buildTree,
  type EntrantsTree,
  type OpenBlock,
  openBlock,
  treeAbove,
  usualBlockLevel,
} from './draw/merkle.ts';
export { algorithm as drawAlgorithm, permutation } from './draw/permute.ts';
export { drawSeed, newSeed, seedCommitment } from './draw/seed.ts';
export { type TicketHash, ticketHash } from './draw/tree-hashes.ts';
export { type Calculators, calculatorsOf } from './pricing/quote.ts';
export { type Calculator, type Consignment, parseRates } from './pricing/rates.ts';
export { Overloaded } from './redis/batcher.ts';
export { RedisUnavailable, StaleEpoch } from './redis/unavailable.ts';
export { pinLeaseMs } from './reservation/reservations.ts';
export { createSettlement } from './settlement.ts';
export type * from './surface.ts';
export { ticketWriter } from './waiting-room/ticket.ts';

export interface EngineOptions extends EngineParts {
  redisUrl: string;
}

/** The engine of one gateway. Throws `RedisUnavailable` with one clear line when Redis cannot be reached. */
export async function createEngine({ redisUrl, ...parts }: EngineOptions): Promise<Engine> {
  const redis = await connected(redisUrl);
  const { hear, reload, ...engine } = engineOn(redis, parts, new BuyerNewsChannel(redis));
  const listening = await listen(redisUrl, Object.values(channels), { hear, onReturn: () => void reload() });
  return {
    ...engine,
    async close() {
      redis.disconnect();
      listening.disconnect();
    },
  };
}
