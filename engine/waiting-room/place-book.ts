import type { Redis } from 'ioredis';
import { type Refusal, refuse } from '../contracts/errors.ts';
import type { JournaledPlaces } from '../contracts/rebuilt-sale.ts';
import { perSale } from '../redis/batcher.ts';
import { floorKeys, outboxKey, placesKey, saleKey, turnsKey } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { RedisUnavailable, StaleEpoch } from '../redis/unavailable.ts';
import { type HeldInBucket, JournaledRoom } from './journaled-room.ts';
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

interface TakeRequest extends PlaceRequest {
  /** Of the ticket that the buyer shows: theirs, where Redis has lost what it knew of them. */
  shownIndex?: number | undefined;
}

interface LeaveRequest extends PlaceRequest {
  /** The turn of that index, where it was drawn. */
  drawn?: { index: number; turn: number };
}

export type Left =
  /** Now or before. */
  | { kind: 'left' }
  | { kind: 'none' }
  /** Nothing was done: the turn of that index was drawn, and has to be told, so that nobody uses it any more. */
  | { kind: 'drawn'; index: number; preEntrants: number; drawSeed: string };

interface Invitations {
  epoch: number;
  buyerIds: readonly string[];
  isAll: boolean;
}

export type TakePlaceOutcome = { kind: 'place'; index: number; fresh: boolean } | Refusal;

/** Who has which place in which waiting room. Batched: what arrived during one round trip goes as one call. */
export interface PlaceBook {
  take(request: TakeRequest): Promise<TakePlaceOutcome>;
  /** The buyer's index, or null. */
  find(request: PlaceRequest): Promise<number | null>;
  /** Gives a place up with its turn; `drawn` tells a turn that Redis does not know, and only that. */
  leave(request: LeaveRequest): Promise<Left>;
  /** Lists buyers who may join; `isAll`: everybody has been named by now. A repeat changes nothing. */
  invite(saleId: string, invitations: Invitations): Promise<void>;
  /**
   * Writes the places of a journal into a sale that `builder` rebuilds. Answers every index that was given up; null
   * where that rebuild is over.
   */
  restore(
    saleId: string,
    builder: string,
    journaled: AsyncIterable<JournaledPlaces>,
  ): Promise<number[] | null>;
}

export const roomNotOpen = refuse('sale_not_open', { detail: 'The waiting room is not open yet.' });

const refusals = {
  '0': roomNotOpen,
  '-4': refuse('sale_closed'),
  '-5': refuse('sold_out'),
  '-7': refuse('room_closed', { detail: 'The entrants of this lottery have been fixed.' }),
  '-6': refuse('no_waiting_room', { detail: 'This sale has no waiting room: reserve at once.' }),
} as const;

const noIndexLeft = refuse('overloaded', {
  detail: 'The waiting room is fetching more places; come back in a moment.',
  retryAfterSeconds: 1,
});

/** Of a join that found no place to take, by what the script says instead of an index. */
const refusalsOfOne: Readonly<Record<number, Refusal>> = {
  [-1]: noIndexLeft,
  [-2]: refuse('not_invited', { detail: 'Only buyers on the list of this sale may join.' }),
  [-3]: refuse('unavailable', {
    detail: 'Who is invited is being fetched; come back in a moment.',
    retryAfterSeconds: 1,
  }),
};

/** What somebody was answered by lua/waiting-room/join-3-each.lua. */
function decodeIndex(text: string, refusal: Refusal | undefined): TakePlaceOutcome {
  if (text.startsWith('=')) return { kind: 'place', index: Number(text.slice(1)), fresh: false };
  const index = Number(text);
  if (index >= 0) return { kind: 'place', index, fresh: true };
  return refusal ?? refusalsOfOne[index] ?? noIndexLeft;
}

/** What somebody was answered by lua/waiting-room/leave-12-each.lua. */
function decodeLeft([code, index, preEntrants, drawSeed]: Reply): Left {
  if (code !== 2) return { kind: code === 1 ? 'left' : 'none' };
  return {
    kind: 'drawn',
    index: Number(index),
    preEntrants: Number(preEntrants),
    drawSeed: String(drawSeed),
  };
}

const limits = { sizeMax: 200, queueMax: 20_000, deadlineMs: 3_000 };
const staleLevel = -3;
/** Written in one call: about 1,000 buyers. */
const bucketsPerRestore = 25;

/** As lua/waiting-room/join-3-each.lua takes it. */
const shownBy = (requests: readonly TakeRequest[]): string =>
  requests.some(({ shownIndex }) => shownIndex !== undefined)
    ? requests.map(({ shownIndex }) => shownIndex ?? '-').join(' ')
    : '';

function* parts<T>(all: Iterable<T>, sizeMax: number): Generator<T[]> {
  let part: T[] = [];
  for (const one of all) {
    part.push(one);
    if (part.length < sizeMax) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

export function placeBook(redis: Redis, tokenSecret: string): PlaceBook {
  /** The bucket count that this process believes in, by sale; a script that knows better says so. */
  const levels = new Map<string, number>();

  /**
   * Runs a place script with bucket keys that follow from the believed level, again when it was stale. `argsOf`
   * is told that level and answers the arguments after the request id; `before`: the keys before the buckets.
   */
  async function ask(
    name: string,
    saleId: string,
    places: readonly Buffer[],
    argsOf: (buckets: number) => (string | number | Buffer)[],
    before = [saleKey(saleId)],
  ): Promise<Reply> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const buckets = levels.get(saleId) ?? initialBuckets;
      const keys = [...before, ...places.map((place) => placesKey(saleId, bucketOf(place, buckets)))];
      const reply = await run(redis, script(name), keys, [nextRequestId(), ...argsOf(buckets)]);
      if (reply[1] !== staleLevel) return reply;
      levels.set(saleId, Number(reply[2]));
    }
    throw new RedisUnavailable(`${name}: the waiting room of ${saleId} grows faster than it can be followed`);
  }

  const placesOf = (saleId: string, requests: readonly PlaceRequest[]): Buffer[] => {
    const key = placeKey(tokenSecret, saleId);
    return requests.map(({ buyerId }) => placeOf(key, buyerId));
  };

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

  const take = perSale<TakeRequest, TakePlaceOutcome>({
    ...limits,
    async run(saleId, requests) {
      const [first] = requests as [TakeRequest];
      const places = placesOf(saleId, requests);
      const bytes = Buffer.concat(places);
      const [, code, buckets, entrants, indices] = await ask(
        'waiting-room/join',
        saleId,
        places,
        (level) => [first.epoch, level, bytes, bytes.toString('base64'), shownBy(requests)],
        [saleKey(saleId), outboxKey(saleId), turnsKey(saleId)],
      );
      if (code === -1 || code === -2) throw new StaleEpoch(`Redis has no such epoch of ${saleId}`);
      if (Number(entrants) > Number(buckets) * buyersPerBucket) await grow(saleId, Number(buckets));
      const refusal = refusals[String(code) as keyof typeof refusals];
      // A sale without a waiting room answers for all of them at once.
      if (indices === undefined) return requests.map(() => refusal ?? noIndexLeft);
      return (indices as string).split(' ').map((index) => decodeIndex(index, refusal));
    },
  });

  const find = perSale<PlaceRequest, number | null>({
    ...limits,
    async run(saleId, requests) {
      const places = placesOf(saleId, requests);
      const [, code, , ...indices] = await ask('waiting-room/find-place', saleId, places, (buckets) => [
        buckets,
        ...places,
      ]);
      if (code !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      return indices.map((index) => (Number(index) < 0 ? null : Number(index)));
    },
  });

  const leave = perSale<LeaveRequest, Left>({
    ...limits,
    async run(saleId, requests) {
      const places = placesOf(saleId, requests);
      const bytes = Buffer.concat(places);
      const turns = requests.flatMap(({ buyerId, drawn }) => [
        buyerId,
        drawn?.index ?? -1,
        drawn?.turn ?? -1,
      ]);
      const [, code, , ...answers] = await ask(
        'waiting-room/leave',
        saleId,
        places,
        (buckets) => [buckets, bytes, bytes.toString('base64'), ...turns],
        floorKeys(saleId),
      );
      if (code !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      return (answers as Reply[]).map(decodeLeft);
    },
  });

  async function invite(saleId: string, { epoch, buyerIds, isAll }: Invitations): Promise<void> {
    const key = placeKey(tokenSecret, saleId);
    // Once at least: an empty list is a list, too.
    for (let at = 0; at === 0 || at < buyerIds.length; at += limits.sizeMax) {
      const part = buyerIds.slice(at, at + limits.sizeMax).map((buyerId) => placeOf(key, buyerId));
      const isLast = at + limits.sizeMax >= buyerIds.length;
      const [, code, buckets, invited] = await ask('waiting-room/invite', saleId, part, (level) => [
        epoch,
        level,
        isAll && isLast ? 1 : 0,
        ...part,
      ]);
      if (code !== 1) throw new StaleEpoch(`Redis knows no sale ${saleId} by invitation in epoch ${epoch}`);
      if (Number(invited) > Number(buckets) * buyersPerBucket) await grow(saleId, Number(buckets));
    }
  }

  async function restore(
    saleId: string,
    builder: string,
    journaled: AsyncIterable<JournaledPlaces>,
  ): Promise<number[] | null> {
    const write = (buckets: number, held: readonly HeldInBucket[]) =>
      run(
        redis,
        script('waiting-room/restore-places'),
        [saleKey(saleId), ...held.map(({ bucket }) => placesKey(saleId, bucket))],
        [
          ...[nextRequestId(), builder, buckets],
          ...held.flatMap(({ places, indices }) => [places, indices.join(' ')]),
        ],
      );
    const room = await JournaledRoom.read(journaled);
    const wanted = Math.max(initialBuckets, Math.ceil(room.size / buyersPerBucket));
    // A Redis that knows nothing takes that many at once; one that has an older copy grows to it.
    let known = Number(await redis.hget(saleKey(saleId), 'buckets')) || wanted;
    for (; known > 0 && known < wanted; known = levels.get(saleId) as number) await grow(saleId, known);
    // Emptied again meanwhile.
    if (known === 0) return null;
    levels.set(saleId, known);
    const givenUp: number[] = [];
    for (const part of parts(room.heldIn(known), bucketsPerRestore)) {
      const [, code] = await write(known, part);
      if (code !== 1) return null;
      for (const bucket of part) givenUp.push(...bucket.givenUp);
    }
    return givenUp;
  }

  return { take, find, leave, invite, restore };
}
