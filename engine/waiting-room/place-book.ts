import type { Redis } from 'ioredis';
import { type Refusal, refuse } from '../contracts/errors.ts';
import { perSale } from '../redis/batcher.ts';
import { placesKey, saleKey } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { RedisUnavailable, StaleEpoch } from '../redis/unavailable.ts';
import {
  bucketOf,
  bucketsPerGrowth,
  buyersPerBucket,
  initialBuckets,
  placeKey,
  placeOf,
  splits,
} from './places.ts';

interface PlaceRequest {
  saleId: string;
  epoch: number;
  buyerId: string;
}

export type TakePlaceOutcome = { kind: 'place'; index: number; fresh: boolean } | Refusal;

/** Who has which place in which waiting room. Batched: what arrived during one round trip goes as one call. */
export interface PlaceBook {
  take(request: PlaceRequest): Promise<TakePlaceOutcome>;
  /** The buyer's index, or null. */
  find(request: PlaceRequest): Promise<number | null>;
  /** True where there was a place to give up. */
  leave(request: PlaceRequest): Promise<boolean>;
}

const refusals = {
  '0': refuse('sale_not_open', { detail: 'The waiting room is not open yet.' }),
  '-4': refuse('sale_closed'),
  '-5': refuse('sold_out'),
  '-7': refuse('room_closed', { detail: 'The entrants of this lottery have been fixed.' }),
  '-6': refuse('no_waiting_room', { detail: 'This sale has no waiting room: reserve at once.' }),
} as const;

const noIndexLeft = refuse('overloaded', {
  detail: 'The waiting room is fetching more places; come back in a moment.',
  retryAfterSeconds: 1,
});

const limits = { sizeMax: 200, queueMax: 20_000, deadlineMs: 3_000 };
const staleLevel = -3;

export function placeBook(redis: Redis, tokenSecret: string): PlaceBook {
  /** The bucket count that this process believes in, by sale; a script that knows better says so. */
  const levels = new Map<string, number>();

  /** Runs a place script with bucket keys that follow from the believed level, again when it was stale. */
  async function ask(
    name: string,
    saleId: string,
    requests: PlaceRequest[],
    epoch: number[],
  ): Promise<Reply> {
    const key = placeKey(tokenSecret, saleId);
    const places = requests.map((request) => placeOf(key, request.buyerId));
    for (let attempt = 0; attempt < 10; attempt++) {
      const buckets = levels.get(saleId) ?? initialBuckets;
      const keys = [saleKey(saleId), ...places.map((place) => placesKey(saleId, bucketOf(place, buckets)))];
      const reply = await run(redis, script(name), keys, [nextRequestId(), ...epoch, buckets, ...places]);
      if (reply[1] !== staleLevel) return reply;
      levels.set(saleId, Number(reply[2]));
    }
    throw new RedisUnavailable(`${name}: the waiting room of ${saleId} grows faster than it can be followed`);
  }

  async function grow(saleId: string, buckets: number): Promise<void> {
    const keys = splits(buckets, bucketsPerGrowth).flatMap(({ from, to }) => [
      placesKey(saleId, from),
      placesKey(saleId, to),
    ]);
    const reply = await run(
      redis,
      script('waiting-room/grow'),
      [saleKey(saleId), ...keys],
      [nextRequestId(), buckets],
    );
    levels.set(saleId, Number(reply[1]));
  }

  const take = perSale<PlaceRequest, TakePlaceOutcome>({
    ...limits,
    async run(saleId, requests) {
      const [first] = requests as [PlaceRequest];
      const [, code, buckets, entrants, ...places] = await ask('waiting-room/join', saleId, requests, [
        first.epoch,
      ]);
      if (code === -1 || code === -2) throw new StaleEpoch(`Redis has no such epoch of ${saleId}`);
      if (Number(entrants) > Number(buckets) * buyersPerBucket) await grow(saleId, Number(buckets));
      const refusal = refusals[String(code) as keyof typeof refusals] ?? noIndexLeft;
      return requests.map((_, i) => {
        const [index, fresh] = (places[i] as [number, number] | undefined) ?? [-1, 0];
        return index < 0 ? refusal : { kind: 'place', index, fresh: fresh === 1 };
      });
    },
  });

  const find = perSale<PlaceRequest, number | null>({
    ...limits,
    async run(saleId, requests) {
      const [, code, , ...indices] = await ask('waiting-room/find-place', saleId, requests, []);
      if (code !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      return indices.map((index) => (Number(index) < 0 ? null : Number(index)));
    },
  });

  const leave = perSale<PlaceRequest, boolean>({
    ...limits,
    async run(saleId, requests) {
      const [, code, , ...left] = await ask('waiting-room/leave', saleId, requests, []);
      if (code !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      return left.map((one) => one === 1);
    },
  });

  return { take, find, leave };
}
