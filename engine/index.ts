import { tick } from './admission/tick.ts';
import { checkoutDesk } from './checkout/desk.ts';
import { ticketDesk } from './checkout/ticket-desk.ts';
import { type AtCrashPoint, passBy } from './contracts/crash-points.ts';
import type { Push } from './contracts/outcomes.ts';
import type { OrderStore, PaymentQueue, SigningKeys } from './contracts/ports.ts';
import { permutation } from './draw/permute.ts';
import { connected } from './redis/connection.ts';
import { channels } from './redis/keys.ts';
import { RedisUnavailable } from './redis/unavailable.ts';
import { reservations } from './reservation/reservations.ts';
import { reserver } from './reservation/reserve.ts';
import { settle } from './reservation/settle.ts';
import { Directory } from './sale/directory.ts';
import type { Engine, WaitingRoom } from './surface.ts';
import { waitingRoom } from './waiting-room/waiting-room.ts';

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
export { Overloaded } from './redis/batcher.ts';
export { RedisUnavailable } from './redis/unavailable.ts';
export { createSettlement } from './settlement.ts';
export type * from './surface.ts';
export { ticketWriter } from './waiting-room/ticket.ts';

export interface EngineOptions {
  redisUrl: string;
  /** Of at least 32 characters; the keys of tickets, purchase tokens and ids are derived from it. */
  tokenSecret: string;
  orderStore: OrderStore;
  paymentQueue: PaymentQueue;
  /** Without them sales with public tokens are refused as unavailable. */
  signingKeys?: SigningKeys;
  /** Where a drill lets this process die. */
  at?: AtCrashPoint;
}

/** The engine of one gateway. Throws `RedisUnavailable` with one clear line when Redis cannot be reached. */
export async function createEngine({
  redisUrl,
  tokenSecret,
  orderStore,
  paymentQueue,
  signingKeys,
  at = passBy,
}: EngineOptions): Promise<Engine> {
  const redis = await connected(redisUrl);
  // A connection that listens cannot ask, so it is a second one.
  const listening = await connected(redisUrl);
  const sales = new Directory(redis, (saleId) => tick(redis, saleId));
  const pushListeners: ((push: Push) => void)[] = [];
  await listening.subscribe(channels.pushes, channels.sales, channels.notices);
  listening.on('message', (channel, message) => {
    if (channel !== channels.pushes) return sales.hear(channel, message);
    const push = JSON.parse(message) as Push;
    for (const listener of pushListeners) listener(push);
  });

  const room = waitingRoom(
    redis,
    tokenSecret,
    (drawSeed, preEntrants) => permutation(Buffer.from(drawSeed, 'hex'), preEntrants).turnOf,
  );
  const desk = checkoutDesk({
    sales,
    room,
    decide: reserver(redis),
    reservations: reservations(redis),
    tokenSecret,
    orderStore,
    paymentQueue,
    signingKeys: signingKeys ?? null,
    at,
    unpin: (saleId, pin) => settle(redis).returnToHeld(saleId, [pin]),
  });

  return {
    sales,
    waitingRoom: ticketDesk(room, desk) satisfies WaitingRoom,
    desk,
    onPush: (listener) => pushListeners.push(listener),
    async runOnce() {
      try {
        await sales.runOnce();
      } catch (error) {
        // A Redis that is away is met again by the next pass; everything else is a bug.
        if (!(error instanceof RedisUnavailable) && redis.status === 'ready') throw error;
      }
    },
    async unavailable() {
      try {
        await redis.ping();
        return null;
      } catch (error) {
        return `Redis does not answer: ${(error as Error).message}`;
      }
    },
    async close() {
      redis.disconnect();
      listening.disconnect();
    },
  };
}
