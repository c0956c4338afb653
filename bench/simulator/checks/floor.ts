import type { Redis } from 'ioredis';
import { checkFloor } from '../../../engine/model/observed/invariants.ts';
import {
  decodeObserved,
  type ObservedSale,
  observeSha,
} from '../../../engine/model/observed/observed-sale.ts';
import { floorKeys } from '../../../engine/redis/keys.ts';
import { saleId } from '../cast/setup.ts';
import { Violation } from './violation.ts';

const keys = floorKeys(saleId);
/** Events are the relay's concern here: none are read. */
const afterAllEvents = '9999999999999-0';

/** Everything that Redis knows of the sale; null where it knows none, or nobody is to believe it. */
export async function observeFloor({
  redis,
  redisRunId,
}: {
  redis: Redis;
  redisRunId: string;
}): Promise<ObservedSale | null> {
  const json = (await redis.evalsha(
    observeSha,
    keys.length,
    ...keys,
    afterAllEvents,
    'of reservations',
  )) as string;
  const observed = decodeObserved(json);
  return observed.sale.epoch !== undefined && observed.sale.life === redisRunId ? observed : null;
}

/** Throws where the keys contradict each other, or a promise about units, buyers or turns. */
export function checkObserved(observed: ObservedSale, limits: { perBuyer: number }): void {
  try {
    checkFloor(observed, limits);
  } catch (error) {
    throw new Violation('redis adds up', (error as Error).message);
  }
  const buyerOf = new Map<number, string>();
  for (const [id, { turn, buyerId }] of Object.entries(observed.reservations)) {
    if (turn < 0) continue;
    const other = buyerOf.get(turn) ?? buyerId;
    if (other !== buyerId)
      throw new Violation('a turn is used once', `${id}: ${other} used turn ${turn}, too`);
    buyerOf.set(turn, buyerId);
  }
}
