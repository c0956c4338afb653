import type { Redis } from 'ioredis';
import { outboxKey, saleKey } from '../redis/keys.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';
import { rebuildPatienceMs } from './rebuild.ts';

/** What Redis says of a sale, and which life of Redis says so. */
export interface SaleLife {
  /** Names this life of Redis. */
  runId: string;
  /** The life that the sale's epoch was begun in. */
  life: string | null;
  /** Null where Redis does not know the sale. */
  epoch: number | null;
  /** Stream id of the last event that was ever written; null where there is no stream. */
  lastPosition: string | null;
  /** Who rebuilds it, or died at it; null where it is live or lost. */
  builder: string | null;
  /** Whoever rebuilds it was heard of a moment ago. */
  isBeingRebuilt: boolean;
  /** What Redis was told of the draw, of which nothing is an event. */
  draw: ToldDraw;
}

/** Each part is null where Redis does not have it. */
export interface ToldDraw {
  preEntrants: number | null;
  entrantsRoot: string | null;
  drawSeed: string | null;
  /** Turns that nobody has are marked: the sale may open by its clock. */
  isReady: boolean;
}

/** In the order of `drawOf`. */
const drawFields = ['preEntrants', 'entrantsRoot', 'drawSeed', 'isDrawReady'] as const;

/** Reads them in one round trip on one connection, so all of it is of one life. */
export async function saleLife(redis: Redis, saleId: string): Promise<SaleLife> {
  const replies = await redis
    .pipeline()
    .info('server')
    .hmget(saleKey(saleId), 'epoch', 'life', 'builder', 'builderHeardAtMs', 'wallMs', ...drawFields)
    .xinfo('STREAM', outboxKey(saleId))
    .time()
    .exec();
  const [server, fields, stream, time] = (replies ?? []) as [Error | null, unknown][];
  const runId = runIdIn(server?.[1]);
  // Only the stream may fail: it is not there, or something else is.
  if (fields?.[0] || !fields || time?.[0] || !time || !stream) {
    throw new RedisUnavailable('Redis does not say what it knows of the sale');
  }
  const [epoch, life, builder, heardAtMs, wallMs, ...draw] = fields[1] as (string | null)[];
  // lua/includes/clock.lua: a clock that is set is the wall clock.
  const nowMs = wallMs ? Number(wallMs) : Number((time[1] as string[])[0]) * 1_000;
  return {
    runId,
    life: life ?? null,
    epoch: epoch ? Number(epoch) : null,
    lastPosition: stream[0] ? null : lastIdOf(stream[1] as unknown[]),
    builder: builder ?? null,
    // As lua/sale/begin-rebuild-12.lua has it: whoever was heard of long after now died before the clock was set back.
    isBeingRebuilt: Boolean(heardAtMs) && Math.abs(nowMs - Number(heardAtMs)) < rebuildPatienceMs,
    draw: drawOf(draw),
  };
}

/** What names the life of Redis that answered `INFO server`. */
export function runIdIn(info: unknown): string {
  const runId = /^run_id:(\w+)/m.exec(String(info))?.[1];
  if (!runId) throw new RedisUnavailable('Redis does not say which one it is');
  return runId;
}

// As lua/includes/sale.lua reads it: only a draw that is being published says that it is not ready.
const drawOf = ([preEntrants, entrantsRoot, drawSeed, isReady]: readonly (
  | string
  | null
  | undefined
)[]): ToldDraw => ({
  preEntrants: preEntrants ? Number(preEntrants) : null,
  entrantsRoot: entrantsRoot ?? null,
  drawSeed: drawSeed ?? null,
  isReady: Boolean(drawSeed) && isReady !== '0',
});

const lastIdOf = (reply: readonly unknown[]) => String(reply[reply.indexOf('last-generated-id') + 1]);
