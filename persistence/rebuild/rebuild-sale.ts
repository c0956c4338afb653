import type { OutboxEvent } from '../../engine/contracts/events.ts';
import type { Draw } from '../../engine/contracts/sale.ts';
import { StaleEpoch } from '../../engine/index.ts';
import type { RebuiltSale, Settlement } from '../../engine/surface.ts';
import { vacateTurns } from '../draw/vacant-turns.ts';
import type { Log } from '../log.ts';
import { relayTail } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { indexBlock } from '../reconciliation/index-leases.ts';
import { configOf, type SaleRow } from '../sales/sale-row.ts';
import { journaledPlaces } from './journaled-places.ts';
import { restoredUnits } from './restored-reservations.ts';
import { type LostSale, readLostSale } from './rows.ts';

const readSale = statement<SaleRow>('read-sale');
const readPosition = statement<{ position: string }>('read-relay-position');
const beginEpoch = statement<{ epoch: number }>('begin-rebuild');

export interface RebuildParts {
  rows: PostgresPool;
  /** Plans through statistics: reads whole sales. */
  reports: PostgresPool;
  settlement: Pick<
    Settlement,
    'life' | 'beginRebuild' | 'whileRebuilding' | 'rebuild' | 'vacateTurns' | 'snapshot' | 'push'
  >;
  log: Log;
}

/**
 * Begins another epoch of a sale that Redis has lost, and rebuilds it. `epoch` is the one that was lost. The
 * sale is taken out of Redis first, with whatever its outbox still has; then the epoch begins in Postgres; then
 * all of it is read at one moment, after which nothing is committed that the rebuild would have to know:
 * payments of the old epoch and events of its stream are refused, and what is settled meanwhile is told to
 * Redis again by its own pass. Any number of workers may do it at once, and die anywhere. False where somebody
 * else is at it, or the relay is too far behind.
 */
export async function rebuildSale(
  parts: RebuildParts,
  saleId: string,
  runId: string,
  epoch: number,
): Promise<boolean> {
  const { rows, settlement, log } = parts;
  const startedAtMs = performance.now();
  const [relay] = (await readPosition(rows, [saleId])) as [{ position: string }];
  const begun = await settlement.beginRebuild(saleId, epoch + 1, relay.position);
  if (begun.kind !== 'begun') return false;
  const rebuilt = await settlement.whileRebuilding(saleId, begun.builder, () =>
    epochFromRows(parts, saleId, runId, epoch, begun),
  );
  if (!rebuilt) return false;
  const { kind } = await settlement.rebuild(begun.builder, rebuilt, journaledPlaces(rows, saleId));
  if (kind !== 'rebuilt') return false;
  // What lapsed while Redis was away expires now, and whoever was due since then is called.
  await settlement.snapshot(saleId);
  const of = (state: string) => rebuilt.reservations.filter((one) => one.state === state).length;
  log.warn(
    {
      saleId,
      epoch: rebuilt.epoch,
      tookMs: Math.round(performance.now() - startedAtMs),
      held: of('held'),
      paying: of('paying'),
      confirmed: of('confirmed'),
      unitless: rebuilt.unitless.length,
      serving: rebuilt.serving,
      indicesFrom: rebuilt.indices.from,
    },
    'a sale was rebuilt from Postgres',
  );
  return true;
}

/** Begins the epoch in Postgres, and reads all that it begins with; null where somebody else has taken over. */
async function epochFromRows(
  { rows, reports, settlement, log }: RebuildParts,
  saleId: string,
  runId: string,
  epoch: number,
  begun: { builder: string; tail: OutboxEvent[] },
): Promise<RebuiltSale | null> {
  await relayTail(rows, settlement, log, saleId, runId, begun.tail);
  let lost = epoch;
  while ((await beginEpoch(rows, [saleId, lost, runId, indexBlock])).length === 0) {
    const [sale] = (await readSale(rows, [saleId])) as [SaleRow];
    // The row before Redis: where this is still the builder then, nobody has rebuilt that epoch, and it was lost as
    // well. Else whoever slept here would end one that is live.
    const { builder } = await settlement.life(saleId);
    if (builder !== begun.builder) return null;
    lost = sale.epoch;
  }
  const lostSale = await readLostSale(reports, saleId);
  const rebuilt = rebuiltSale(lostSale);
  const { draw_seed: seed, pre_entrants: entrants } = lostSale.draw;
  // Before it is live: from then on turns are called, and whoever rebuilds may die.
  if (seed && entrants !== null) {
    try {
      await vacateTurns(rows, settlement, saleId, { seed, entrants }, begun.builder);
    } catch (error) {
      // Overtaken, as `Settlement.rebuild` says by its answer.
      if (error instanceof StaleEpoch) return null;
      throw error;
    }
  }
  return rebuilt;
}

/** All that Redis has to know of a sale, from what Postgres knows. */
function rebuiltSale({ sale, draw, progress, gaps, reservations }: LostSale): RebuiltSale {
  const to = sale.index_leased_through;
  const from = sale.method === 'none' ? 0 : to - indexBlock;
  return {
    config: configOf(sale),
    revision: sale.revision,
    epoch: sale.epoch,
    state: sale.state,
    openedAtMs: progress.opened_at?.getTime() ?? null,
    draw: drawOf(draw),
    ...restoredUnits(sale, reservations),
    serving: Math.min(progress.serving, from),
    missedBelow: Math.min(progress.missed_below, progress.serving, from),
    progressAtMs: (progress.progress_at ?? progress.last_at).getTime(),
    vacant: [...gaps, { from: Math.max(progress.placed_through, progress.serving), to: from }],
    indices: { from, to },
    position: progress.position,
    lastMs: progress.last_at.getTime(),
  };
}

/** Seeds that were published in Redis lie there again; before the draw they are nobody's business. */
const drawOf = (draw: LostSale['draw']): Draw | null =>
  draw.pre_entrants === null || draw.frozen_at === null
    ? null
    : {
        preEntrants: draw.pre_entrants,
        frozenAtMs: draw.frozen_at.getTime(),
        entrantsRoot: draw.entrants_root,
        seed: draw.draw_seed === null ? null : draw.seed.toString('hex'),
        drawSeed: draw.draw_seed?.toString('hex') ?? null,
        beaconValue: draw.beacon_value,
      };
