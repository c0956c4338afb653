import type { Redis } from 'ioredis';
import type { BuyerNews } from '../contracts/outcomes.ts';
import { Batcher, Overloaded } from './batcher.ts';
import { channels } from './keys.ts';
import { RedisUnavailable } from './unavailable.ts';

/** Tells every gateway what buyers did at this one. Nobody waits for it. */
export type TellBuyerNews = (news: BuyerNews) => void;

/**
 * Through publish/subscribe, batched as decisions are: a rush of joins costs one message a batch. What is lost with a
 * Redis that is away is found by asking.
 */
export function buyerNewsTeller(redis: Redis): TellBuyerNews {
  const batcher = new Batcher<BuyerNews, null>({
    sizeMax: 200,
    queueMax: 20_000,
    deadlineMs: 3_000,
    async run(batch) {
      try {
        await redis.publish(channels.buyers, JSON.stringify(batch));
      } catch (error) {
        throw new RedisUnavailable(`the news of buyers was not told: ${(error as Error).message}`);
      }
      return batch.map(() => null);
    },
  });
  return (news) => {
    batcher.ask(news).catch((error: unknown) => {
      if (!(error instanceof RedisUnavailable || error instanceof Overloaded)) throw error;
    });
  };
}
