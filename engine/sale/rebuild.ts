import type { Redis } from 'ioredis';
import { encodeItems, type OutboxEvent, parseOutboxEvent } from '../contracts/events.ts';
import { newId } from '../contracts/ids.ts';
import type { JournaledPlaces, RebuiltSale, RestoredReservation } from '../contracts/rebuilt-sale.ts';
import { channels, floorKeys, saleKey, salesKey } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';
import { saleFields } from './read-sale.ts';

/** Reservations in one call: 500 cost about 5 ms of Redis. */
const partMax = 500;

/** Entries of the outbox that come with the beginning of a rebuild: the relay is seldom further behind. */
const tailMax = 5_000;

/** A rebuild whose builder was not heard of for so long is begun anew by whoever comes. */
export const rebuildPatienceMs = 15_000;

/** How often Redis hears of a builder that reads: one or two that are lost on the way do no harm. */
const signOfLifeEveryMs = rebuildPatienceMs / 5;

export type RebuildBegun =
  /** `tail` is what the outbox has behind the position: it ends with the rebuild. */
  | { kind: 'begun'; builder: string; tail: OutboxEvent[] }
  /** More than can be taken along was not relayed yet; nothing was removed. */
  | { kind: 'behind' }
  /** The epoch lives already: somebody else was first. */
  | { kind: 'present' }
  /** Somebody else is at it. */
  | { kind: 'under way' };

/** `overtaken`: somebody else has taken over, or Redis was emptied meanwhile; nothing of ours is live. */
export type Rebuilt = { kind: 'rebuilt' } | { kind: 'overtaken' };

/** What other stages know: how long a pin is trusted, and how a waiting room keeps places. */
export interface RebuildTerms {
  pinLeaseMs: number;
  initialBuckets: number;
  /** Writes places into a sale that `builder` rebuilds; answers the indices given up, null where that is over. */
  restorePlaces(
    saleId: string,
    builder: string,
    journaled: AsyncIterable<JournaledPlaces>,
  ): Promise<number[] | null>;
  /** Marks turns that nobody has; false where that rebuild is over. */
  vacateTurns(saleId: string, turns: readonly number[], builder: string): Promise<boolean>;
}

/**
 * Removes what is left of a sale, so that nobody sells from it, and names whoever rebuilds it as `epoch`. Any
 * number of processes may try: one is at it, and the parts of whoever was at it before are refused. `position` is
 * where the journal is.
 */
export async function beginRebuild(
  redis: Redis,
  saleId: string,
  epoch: number,
  position: string,
): Promise<RebuildBegun> {
  const builder = newId('build');
  const args = [nextRequestId(), epoch, builder, rebuildPatienceMs, position, tailMax];
  const [, code, ...tail] = await run(redis, script('sale/begin-rebuild'), floorKeys(saleId), args);
  switch (code) {
    case 1:
      return {
        kind: 'begun',
        builder,
        tail: (tail as unknown as [string, string[]][]).map(parseOutboxEvent),
      };
    case 0:
      return { kind: 'present' };
    default:
      return { kind: code === 3 ? 'behind' : 'under way' };
  }
}

/**
 * Does `work` that may write nothing into the sale for long, and lets Redis hear meanwhile that `builder` lives. Reading
 * may take longer than a builder may be silent for; whoever took over would read for as long, and be taken over in turn.
 */
export async function whileRebuilding<R>(
  redis: Redis,
  saleId: string,
  builder: string,
  work: () => Promise<R>,
): Promise<R> {
  const signOfLife = () =>
    run(redis, script('sale/keep-rebuild'), [saleKey(saleId)], [nextRequestId(), builder]);
  // Where Redis is away, or somebody has taken over, the next part that is written hears of it.
  const timer = setInterval(() => signOfLife().catch(() => {}), signOfLifeEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Writes a sale into Redis as its rows describe it, with the places of its waiting room in their order, and makes
 * it live in one last call.
 */
export async function rebuild(
  redis: Redis,
  builder: string,
  sale: RebuiltSale,
  places: AsyncIterable<JournaledPlaces>,
  terms: RebuildTerms,
): Promise<Rebuilt> {
  const { id } = sale.config;
  const ask = async (name: string, args: (string | number)[]) => {
    const [, code] = await run(redis, script(name), floorKeys(id), [nextRequestId(), ...args]);
    return code;
  };
  // A Redis that was emptied does not know the name of the sale either.
  await redis.sadd(salesKey, id);

  // Everybody has their place before the first one may come and ask for another.
  const givenUp = await whileRebuilding(redis, id, builder, () => terms.restorePlaces(id, builder, places));
  if (!givenUp) return { kind: 'overtaken' };
  // Turns of a draw were marked before: who has which of them is in its rows.
  const ownTurnsFrom =
    sale.config.method === 'fifo' ? 0 : (sale.draw?.preEntrants ?? Number.POSITIVE_INFINITY);
  const turns = givenUp.filter((index) => index >= ownTurnsFrom);
  if (!(await terms.vacateTurns(id, turns, builder))) return { kind: 'overtaken' };
  const [seconds] = await redis.time();
  const leaseUntilMs = Math.max(sale.lastMs, Number(seconds) * 1_000) + terms.pinLeaseMs;
  for (let at = 0; at < sale.reservations.length; at += partMax) {
    const part = sale.reservations.slice(at, at + partMax).flatMap(elementOf);
    if ((await ask('sale/restore', [builder, leaseUntilMs, ...part])) !== 1) return { kind: 'overtaken' };
  }
  const fields = { ...saleFields(sale.config), ...movingFields(sale), pinLeaseMs: terms.pinLeaseMs };
  const ended = await ask('sale/end-rebuild', [
    builder,
    sale.epoch,
    sale.position,
    sale.lastMs,
    sale.vacant.map(({ from, to }) => `${from}-${to}`).join(','),
    terms.initialBuckets,
    Object.keys(fields).length,
    ...Object.entries(fields).flat(),
    sale.stock.length,
    ...sale.stock.flatMap(({ sku, units, available, held, paying, sold }) => [
      sku,
      units,
      available,
      held,
      paying,
      sold,
    ]),
    ...sale.unitless,
  ]);
  if (ended !== 1) return { kind: 'overtaken' };
  await redis.publish(channels.sales, id);
  return { kind: 'rebuilt' };
}

const flag = (isSet: boolean) => (isSet ? 1 : 0);

const elementOf = (of: RestoredReservation): (string | number)[] => [
  of.id,
  of.state,
  of.buyerId,
  of.turn ?? -1,
  encodeItems(of.items),
  of.deadlineMs,
  of.attemptId ?? '',
  flag(of.isUntouched),
  flag(of.isExtended),
  JSON.stringify(of.returns),
  of.attempts.join(','),
  of.buyerUnits ?? '',
  of.quoteId ?? '',
];

function movingFields(sale: RebuiltSale): Record<string, string | number> {
  const { draw, openedAtMs } = sale;
  return {
    state: sale.state,
    revision: sale.revision,
    serving: sale.serving,
    missedBelow: sale.missedBelow,
    pausedTotalMs: 0,
    entrants: sale.indices.from,
    leasedTo: sale.indices.to,
    // What fell due since it was last known is called by the first tick.
    creditMicroTurns: 0,
    creditAtMs: sale.progressAtMs,
    ...(openedAtMs === null ? {} : { openedAtMs }),
    ...(draw && {
      preEntrants: draw.preEntrants,
      frozenAtMs: draw.frozenAtMs,
      ...given({
        entrantsRoot: draw.entrantsRoot,
        seed: draw.seed,
        drawSeed: draw.drawSeed,
        beaconValue: draw.beaconValue,
      }),
    }),
  };
}

const given = (fields: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
