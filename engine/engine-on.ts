import type { Redis } from 'ioredis';
import { tick } from './admission/tick.ts';
import { checkoutDesk } from './checkout/desk.ts';
import { ticketDesk } from './checkout/ticket-desk.ts';
import { type AtCrashPoint, passBy } from './contracts/crash-points.ts';
import type { Push } from './contracts/outcomes.ts';
import type { OrderStore, PaymentQueue, SaleRegister, SigningKeys } from './contracts/ports.ts';
import type { QuoteStore } from './contracts/quote.ts';
import { permutation } from './draw/permute.ts';
import { type Calculators, calculatorsOf } from './pricing/quote.ts';
import { Overloaded } from './redis/batcher.ts';
import type { BuyerNewsChannel } from './redis/buyer-news.ts';
import { channels } from './redis/keys.ts';
import { RedisUnavailable } from './redis/unavailable.ts';
import { initiator, latestReader } from './reservation/initiate.ts';
import { reservations } from './reservation/reservations.ts';
import { reserver } from './reservation/reserve.ts';
import { settle } from './reservation/settle.ts';
import { type Floor, type SlowSales, slowlyWhereDue } from './reservation/slow.ts';
import { Directory } from './sale/directory.ts';
import type { Engine, WaitingRoom } from './surface.ts';
import { waitingRoom } from './waiting-room/waiting-room.ts';

export interface EngineParts {
  /** Of at least 32 characters; the keys of tickets, purchase tokens and ids are derived from it. */
  tokenSecret: string;
  orderStore: OrderStore;
  paymentQueue: PaymentQueue;
  quotes: QuoteStore;
  saleRegister: SaleRegister;
  /** What shipping and tax come to; without them prices are final, and everything ships for nothing. */
  calculators?: Calculators;
  /** Without them sales with public tokens are refused as unavailable. */
  signingKeys?: SigningKeys;
  /** Without it nothing is sold while Redis is away, whatever a sale says. */
  slowSales?: SlowSales;
  /** Where a drill lets this process die. */
  at?: AtCrashPoint;
}

/** What the owner of the connection passes on. */
export interface Heard {
  /** A message of one of its channels. */
  hear(channel: string, message: string): void;
  /** To be called where messages may have been missed: reads every sale again. */
  reload(): Promise<void>;
}

/**
 * The engine of one gateway on a connection of its owner's, who also passes on what its channels say. Without `news`
 * it tells other gateways nothing of its buyers.
 */
export function engineOn(
  redis: Redis,
  {
    tokenSecret,
    orderStore,
    paymentQueue,
    quotes,
    saleRegister,
    calculators = calculatorsOf(),
    signingKeys,
    slowSales,
    at = passBy,
  }: EngineParts,
  news: BuyerNewsChannel | null = null,
): Omit<Engine, 'close'> & Heard {
  const sales = new Directory(redis, (saleId) => tick(redis, saleId), saleRegister);
  const pushListeners: ((push: Push) => void)[] = [];
  const tell = news?.tell ?? (() => {});
  const room = waitingRoom(
    redis,
    tokenSecret,
    (drawSeed, preEntrants) => permutation(Buffer.from(drawSeed, 'hex'), preEntrants).turnOf,
  );
  const inRedis: Floor = {
    decide: reserver(redis),
    reservations: reservations(redis),
    unpin: ({ saleId, ...pin }) => settle(redis).returnToHeld(saleId, [pin]),
  };
  const floor = slowSales ? slowlyWhereDue(inRedis, slowSales) : inRedis;
  const desk = checkoutDesk({
    sales,
    room,
    decide: floor.decide,
    latest: latestReader(redis),
    tell,
    initiate: initiator(redis),
    reservations: floor.reservations,
    tokenSecret,
    orderStore,
    paymentQueue,
    quotes,
    calculators,
    signingKeys: signingKeys ?? null,
    at,
    unpin: floor.unpin,
  });

  /** What kept places from being taken back, until a pass has told of it; whoever runs the passes logs what they throw. */
  let retakeFailure: { error: unknown } | null = null;
  sales.onChange((sale) => {
    room.retake(sale).catch((error: unknown) => {
      // Whoever cannot be taken back now is after the next look; everything else is a bug.
      const isAbsence = error instanceof RedisUnavailable || error instanceof Overloaded;
      if (!isAbsence && redis.status === 'ready') retakeFailure = { error };
    });
  });

  return {
    sales,
    waitingRoom: ticketDesk(room, desk, tell) satisfies WaitingRoom,
    desk,
    onPush: (listener) => pushListeners.push(listener),
    onBuyerNews: (listener) => news?.onNews(listener),
    hear(channel, message) {
      if (channel === channels.buyers) return news?.hear(message);
      if (channel !== channels.pushes) return sales.hear(channel, message);
      const push = JSON.parse(message) as Push;
      for (const listener of pushListeners) listener(push);
    },
    reload: () => sales.reload(),
    async runOnce() {
      try {
        await sales.runOnce();
      } catch (error) {
        // A Redis that is away is met again by the next pass; everything else is a bug.
        if (!(error instanceof RedisUnavailable) && redis.status === 'ready') throw error;
      }
      const failure = retakeFailure;
      retakeFailure = null;
      if (failure) throw failure.error;
    },
    async followSlowSales() {
      if (!slowSales) return;
      await slowSales.refresh();
      sales.follow(slowSales.list());
    },
    async unavailable() {
      try {
        await redis.ping();
        return null;
      } catch (error) {
        return `Redis does not answer: ${(error as Error).message}`;
      }
    },
  };
}
