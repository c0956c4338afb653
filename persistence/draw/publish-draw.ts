import type { SaleState } from '../../engine/contracts/states.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { vacateTurns } from './vacant-turns.ts';

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

/** What of Redis it takes to publish a draw. */
export type DrawSettlement = Pick<
  Settlement,
  'publishDraw' | 'vacateTurns' | 'letDrawOpen' | 'outbox' | 'trimOutbox' | 'push'
>;

/**
 * Tells Redis what is committed about a draw: the root, and once it is drawn the seeds; and lets the sale open when
 * turns that nobody has are marked. Keeps that it was told. Safe to repeat: the sale does not open before all of it is
 * done. Throws where Redis is away or has lost the sale.
 */
export async function publishDraw(
  on: PostgresPool,
  settlement: DrawSettlement,
  log: Log,
  saleId: string,
): Promise<void> {
  const [draw] = await readDraw(on, [saleId]);
  if (!draw?.entrants_root) return;
  await settlement.publishDraw(saleId, {
    entrantsRoot: draw.entrants_root,
    // Before it is drawn the seed is nobody's business, not even that of Redis.
    seed: draw.draw_seed === null ? null : draw.seed.toString('hex'),
    drawSeed: draw.draw_seed?.toString('hex') ?? null,
    beaconValue: draw.beacon_value,
  });
  if (draw.draw_seed && draw.pre_entrants !== null) {
    // From now on whoever leaves takes their turn along; those who left before that are in the outbox.
    await relayAll(on, settlement, log, saleId);
    await vacateTurns(on, settlement, saleId, { seed: draw.draw_seed, entrants: draw.pre_entrants });
    // Turns are called once it is open.
    await settlement.letDrawOpen(saleId);
  }
  await markDrawPublished(on, [saleId, draw.draw_seed]);
}
