import type { SaleState } from '../../engine/contracts/states.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { goneSinceFreeze, vacateTurns } from './vacant-turns.ts';

/** What is committed about a draw, as `read-draw.sql` selects it. */
export interface DrawRow {
  id: string;
  state: SaleState;
  seed: Buffer;
  draw_seed: Buffer | null;
  beacon_source: string | null;
  beacon_value: string | null;
  frozen_at: Date | null;
  pre_entrants: number | null;
  entrants_root: string | null;
}

export const readDraw = statement<DrawRow>('read-draw');
const markDrawPublished = statement('mark-draw-published');

/**
 * Tells Redis what is committed about a draw: the root, and once it is drawn the seeds, with which the sale
 * may open. Keeps that it was told. Safe to repeat; throws where Redis is away or has lost the sale.
 */
export async function publishDraw(
  on: PostgresPool,
  settlement: Pick<Settlement, 'publishDraw' | 'vacateTurns' | 'outbox' | 'trimOutbox' | 'push'>,
  log: Log,
  saleId: string,
): Promise<void> {
  const [draw] = await readDraw(on, [saleId]);
  if (!draw?.entrants_root) return;
  const vacate = async () =>
    draw.draw_seed && draw.pre_entrants !== null
      ? vacateTurns(on, settlement, saleId, { seed: draw.draw_seed, entrants: draw.pre_entrants })
      : 0;
  // Before the seeds: with them the sale may open, and turns are called.
  const gone = await vacate();
  await settlement.publishDraw(saleId, {
    entrantsRoot: draw.entrants_root,
    // Before it is drawn the seed is nobody's business, not even that of Redis.
    seed: draw.draw_seed === null ? null : draw.seed.toString('hex'),
    drawSeed: draw.draw_seed?.toString('hex') ?? null,
    beaconValue: draw.beacon_value,
  });
  // From now on whoever leaves takes their turn along; those who left until now are told of by the outbox.
  if (draw.draw_seed) {
    await relayAll(on, settlement, log, saleId);
    if ((await goneSinceFreeze(on, saleId)).size > gone) await vacate();
  }
  await markDrawPublished(on, [saleId, draw.draw_seed]);
}
