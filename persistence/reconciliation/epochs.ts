import type { PaymentId, QuoteId, ReservationId } from '../../engine/contracts/ids.ts';
import type { SaleLife, Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { isBefore } from '../outbox/position.ts';
import { relayAll } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { rebuildSale } from '../rebuild/rebuild-sale.ts';
import { indexBlock } from './index-leases.ts';

interface SaleLifeRow {
  epoch: number;
  mode: 'redis' | 'slow';
  redis_run_id: string | null;
  is_published: boolean;
  index_leased_through: number;
  pre_entrants: number | null;
  told_root: string | null;
  told_draw_seed: string | null;
  position: string;
  rebuilt_epoch: number;
}

const readSaleLife = statement<SaleLifeRow>('read-sale-life');
const noteRedisRun = statement<{ epoch: number; index_leased_through: number }>('note-redis-run');
const lostQuotes = statement<{ reservation_id: ReservationId; replaced: (QuoteId | null)[] }>('lost-quotes');
const unheardOrders = statement<{ reservation_id: ReservationId }>('unheard-orders');
const lostPins = statement<{ reservation_id: ReservationId; payment_id: PaymentId }>('lost-pins');

export interface EpochParts {
  rows: PostgresPool;
  /** Plans through statistics: reads whole sales. */
  reports: PostgresPool;
  settlement: Pick<
    Settlement,
    | 'life'
    | 'beginEpoch'
    | 'beginRebuild'
    | 'whileRebuilding'
    | 'rebuild'
    | 'vacateTurns'
    | 'snapshot'
    | 'reservationStates'
    | 'outbox'
    | 'trimOutbox'
    | 'push'
  >;
  log: Log;
}

/** Why Redis is not believed; null where it is the one that the epoch lives in. */
type Loss = 'restarted' | 'lost' | 'rolled back';

/**
 * A Redis that came back is not the Redis that left. Where it is another life of it, was emptied, or stands
 * before what Postgres has of it, the sale begins another epoch: in Postgres first, so that no commit
 * believes in the old one. A restart that kept everything only tells Redis; anything else is rebuilt.
 * Answers the epoch, and null where there is no such sale. Any number of workers may do it at once.
 */
export async function followRedis(parts: EpochParts, saleId: string): Promise<number | null> {
  const { rows, log } = parts;
  // Postgres before Redis: a position that is read later could be ahead of a stream that is whole.
  const [row] = await readSaleLife(rows, [saleId]);
  if (!row?.is_published) return row?.epoch ?? null;
  const life = await parts.settlement.life(saleId);
  if (life.isBeingRebuilt) return row.epoch;
  let loss = lossOf(row, life);
  if (loss === null) {
    // Nobody has noted yet which life the first epoch is in.
    if (row.redis_run_id === null) await noteRedisRun(rows, [saleId, life.runId, indexBlock, false]);
    // Somebody may have begun another one since the row was read.
    return Math.max(row.epoch, life.epoch ?? row.epoch);
  }
  let lost = row.epoch;
  if (loss === 'restarted') {
    const noted = await noteEpoch(parts, saleId, life.runId);
    // It began to sell slowly a moment ago: a Redis that is told of that epoch would sell beside it.
    if (!noted || noted.isSlow) return noted?.epoch ?? null;
    // After the epoch was noted: a payment of the one before that is committed later is refused, so that none comes
    // between the look and the new epoch.
    const knowsAll =
      (await knowsItsDraw(parts, saleId, life)) &&
      (await knowsItsPins(parts, saleId)) &&
      (await knowsItsOrders(parts, saleId)) &&
      (await knowsItsQuotes(parts, saleId));
    if (knowsAll) return tellEpoch(parts, saleId, life.runId, noted);
    loss = 'rolled back';
    lost = noted.epoch;
  }

  log.error({ saleId, loss, ...life, position: row.position }, 'Redis is not believed: another epoch');
  // What the stream still has behind the position was decided, and is not to be lost with it.
  if (life.lastPosition !== null) await relayAll(rows, parts.settlement, log, saleId);
  await rebuildSale(parts, saleId, life.runId, lost);
  return (await readSaleLife(rows, [saleId]))[0]?.epoch ?? null;
}

function lossOf(row: SaleLifeRow, life: SaleLife): Loss | null {
  if (life.epoch === null) return 'lost';
  const isOlder = life.lastPosition === null || isBefore(life.lastPosition, row.position);
  if (isOlder || life.epoch < row.rebuilt_epoch) return 'rolled back';
  if (life.epoch < row.epoch || life.life !== life.runId) return 'restarted';
  // It says that it is of this life, and Postgres knows of another one: whoever was about to publish it when it was new
  // slept, and published it into a Redis that had lost it.
  return row.redis_run_id !== null && row.redis_run_id !== life.runId ? 'rolled back' : null;
}

/**
 * Whether Redis has what Postgres knows it was told of the draw. None of it is an event, and in a quiet room nothing
 * else shows that it was lost: the sale would never open, or take people in whom the published root does not have.
 */
async function knowsItsDraw({ rows }: EpochParts, saleId: string, { draw }: SaleLife): Promise<boolean> {
  const [row] = await readSaleLife(rows, [saleId]);
  if (!row || row.pre_entrants === null) return true;
  return (
    draw.preEntrants === row.pre_entrants &&
    (row.told_root === null || draw.entrantsRoot === row.told_root) &&
    (row.told_draw_seed === null || (draw.drawSeed === row.told_draw_seed && draw.isReady))
  );
}

/** Whether Redis knows of every payment that Postgres accepted and the journal has not heard of. */
async function knowsItsPins({ reports, settlement }: EpochParts, saleId: string): Promise<boolean> {
  const pins = await lostPins(reports, [saleId]);
  const states = await settlement.reservationStates(
    saleId,
    pins.map((pin) => pin.reservation_id),
  );
  return pins.every((pin, at) => {
    const known = states[at];
    return known?.attemptId === pin.payment_id && (known.state === 'paying' || known.state === 'confirmed');
  });
}

/**
 * Whether Redis knows the hold of every order that waits for another card, where the journal does not. None of its
 * payments is live, so no pin shows that it was lost; and a hold that nobody knows never ends, and its order neither.
 */
async function knowsItsOrders({ reports, settlement }: EpochParts, saleId: string): Promise<boolean> {
  const orders = await unheardOrders(reports, [saleId]);
  const states = await settlement.reservationStates(
    saleId,
    orders.map((order) => order.reservation_id),
  );
  return states.every((known) => known !== null);
}

/**
 * Whether every hold in Redis names the price that its buyer was told last. Such a change is no event, so the stream
 * does not show that it was lost; where one was, its hold would be paid at the price before, which is the one that the
 * lost one was worked out from. Changes that crossed were worked out from the same price, so the one that the hold names
 * stays, whichever was committed first. One that was committed and that Redis went away from before it was said looks
 * like a loss, and becomes the price, as in every rebuild.
 */
async function knowsItsQuotes({ reports, settlement }: EpochParts, saleId: string): Promise<boolean> {
  const quotes = await lostQuotes(reports, [saleId]);
  const states = await settlement.reservationStates(
    saleId,
    quotes.map((quote) => quote.reservation_id),
  );
  return quotes.every((quote, at) => {
    const known = states[at];
    return known?.state !== 'held' || !quote.replaced.includes(known.quoteId);
  });
}

interface NotedEpoch {
  epoch: number;
  /** First index after the block that it issues from. */
  indicesTo: number;
  isSlow: boolean;
}

/** The epoch that begins with this life of Redis, in Postgres: the one that somebody else noted, if any. */
async function noteEpoch({ rows }: EpochParts, saleId: string, runId: string): Promise<NotedEpoch | null> {
  const [begun] = await noteRedisRun(rows, [saleId, runId, indexBlock, true]);
  if (begun) return { epoch: begun.epoch, indicesTo: begun.index_leased_through, isSlow: false };
  const [row] = await readSaleLife(rows, [saleId]);
  if (!row) return null;
  return { epoch: row.epoch, indicesTo: row.index_leased_through, isSlow: row.mode === 'slow' };
}

/**
 * After a restart that kept everything. An epoch that Redis did not hear of is told again; one that fell back since it
 * was looked at does not take it, and is looked at by the next pass.
 */
async function tellEpoch(
  { settlement, log }: EpochParts,
  saleId: string,
  runId: string,
  { epoch, indicesTo }: NotedEpoch,
) {
  const indices = { from: Math.max(0, indicesTo - indexBlock), to: indicesTo };
  const outcome = await settlement.beginEpoch(saleId, runId, epoch, indices);
  if (outcome.kind === 'begun') log.info({ saleId, epoch }, 'Redis was restarted: another epoch');
  return epoch;
}
