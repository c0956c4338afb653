import { createHash } from 'node:crypto';

/**
 * Reads everything that Redis knows of one sale in one call, unpacked, in lists that JSON cannot confuse.
 * KEYS as lua/includes/floor.lua; ARGV 1 the stream position after which events are wanted, 2 which used turns:
 * `all`, or those `of reservations`, where a rebuild may have marked tens of thousands that nobody has.
 */
export const observeSource = `#!lua flags=no-writes
local function unpacked(key)
  local flat = redis.call('HGETALL', key)
  for i = 2, #flat, 2 do flat[i] = cmsgpack.unpack(flat[i]) end
  return flat
end
local reservations, turns = unpacked(KEYS[3]), {}
local function addUsed(turn)
  if turn >= 0 and redis.call('GETBIT', KEYS[7], turn) == 1 then turns[#turns + 1] = turn end
end
if ARGV[2] == 'all' then
  for turn = 0, redis.call('STRLEN', KEYS[7]) * 8 - 1 do addUsed(turn) end
else
  for i = 2, #reservations, 2 do addUsed(reservations[i][3]) end
end
local function scored(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
return cjson.encode({ redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), reservations, unpacked(KEYS[4]),
  scored(KEYS[5]), scored(KEYS[6]), turns, scored(KEYS[8]), scored(KEYS[9]), unpacked(KEYS[10]),
  redis.call('SMEMBERS', KEYS[11]), redis.call('XLEN', KEYS[12]), redis.call('XRANGE', KEYS[12], '(' .. ARGV[1], '+') })`;

export const observeSha = createHash('sha1').update(observeSource).digest('hex');

export interface ObservedReservation {
  state: string;
  buyerId: string;
  turn: number;
  items: string;
  deadlineMs: number;
  attemptId: string;
  untouched: boolean;
  extendedBy: string | null;
  /** Returns of what was sold: which, and of what items. */
  returns: [string, string][];
  /** '' where it is the sale's price. */
  quoteId: string;
}

/** One sale as its twelve keys say, nothing derived. */
export interface ObservedSale {
  sale: Record<string, string>;
  stock: Record<string, number>;
  reservations: Record<string, ObservedReservation>;
  buyers: Record<
    string,
    {
      units: number;
      reservationId: string;
      /** The turn of that reservation was given up. */
      gaveUp: boolean;
    }
  >;
  deadlines: Record<string, number>;
  pins: Record<string, number>;
  usedTurns: number[];
  calls: Record<string, number>;
  standby: Record<string, number>;
  requests: Record<
    string,
    {
      reservationId: string;
      turn: number;
      items: string;
      missed: boolean;
      /** By the claim clock. */
      aliveAtMs: number;
      /** Does not stand by any more: what was asked for is sold. */
      isTurnedAway: boolean;
    }
  >;
  attempts: string[];
  eventCount: number;
  /** Stream entries after the position that was asked for: id, then names and values. */
  newEvents: [string, string[]][];
}

type Row = (string | number | boolean)[];
type ReservationRow = (Row[number] | [string, string][])[];

export function decodeObserved(json: string): ObservedSale {
  const parts = JSON.parse(json) as unknown[];
  // An empty Lua table is encoded as {}.
  const list = <T>(part: number): T[] => (Array.isArray(parts[part]) ? (parts[part] as T[]) : []);
  const pairs = <T>(part: number, read: (value: never) => T): Record<string, T> => {
    const flat = list<unknown>(part);
    const entries: [string, T][] = [];
    for (let i = 0; i < flat.length; i += 2) entries.push([flat[i] as string, read(flat[i + 1] as never)]);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return {
    sale: pairs(0, String),
    stock: pairs(1, Number),
    reservations: pairs(
      2,
      ([
        state,
        buyerId,
        turn,
        items,
        deadlineMs,
        attemptId,
        untouched,
        extendedBy,
        returns,
        quoteId,
      ]: ReservationRow) => ({
        state: state as string,
        buyerId: buyerId as string,
        turn: turn as number,
        items: items as string,
        deadlineMs: deadlineMs as number,
        attemptId: attemptId as string,
        untouched: untouched as boolean,
        extendedBy: (extendedBy as string | undefined) || null,
        returns: (returns as [string, string][] | false | undefined) || [],
        quoteId: (quoteId as string | undefined) ?? '',
      }),
    ),
    buyers: pairs(3, ([units, reservationId, gaveUp]: Row) => ({
      units: units as number,
      reservationId: reservationId as string,
      gaveUp: gaveUp === true,
    })),
    deadlines: pairs(4, Number),
    pins: pairs(5, Number),
    usedTurns: list(6),
    calls: pairs(7, Number),
    standby: pairs(8, Number),
    requests: pairs(9, ([reservationId, turn, items, missed, aliveAtMs, isTurnedAway]: Row) => ({
      reservationId: reservationId as string,
      turn: turn as number,
      items: items as string,
      missed: missed as boolean,
      aliveAtMs: aliveAtMs as number,
      isTurnedAway: isTurnedAway === true,
    })),
    attempts: list<string>(10).sort(),
    eventCount: parts[11] as number,
    newEvents: list(12),
  };
}
