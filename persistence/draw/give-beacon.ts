import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import { drawSeed } from '../../engine/index.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type DrawRow, type DrawSettlement, publishDraw, readDraw } from './publish-draw.ts';

const giveBeaconRow = statement<{ id: string }>('give-beacon');

/**
 * Takes what the beacon published, which decides the draw: the row first, then Redis. The first value stays;
 * the same one again changes nothing. Where Redis is away, it hears of it later.
 * Refusals: `sale_not_found`, `invalid_transition` (no beacon named, entrants not fixed yet, another value).
 */
export async function giveBeacon(
  on: PostgresPool,
  settlement: DrawSettlement,
  log: Log,
  saleId: string,
  value: string,
): Promise<{ kind: 'done' } | Refusal> {
  const [draw] = await readDraw(on, [saleId]);
  if (!draw || saleId === generalStockId) return refuse('sale_not_found');
  const refusal = refusalOf(draw, value);
  if (refusal) return refusal;
  if (draw.beacon_value === null) {
    const [given] = await giveBeaconRow(on, [saleId, value, drawSeed(draw.seed, value)]);
    // Somebody else gave a value since it was looked at; what it was decides.
    if (!given) return giveBeacon(on, settlement, log, saleId, value);
  }
  try {
    await publishDraw(on, settlement, log, saleId);
  } catch (error) {
    log.warn({ saleId, reason: (error as Error).message }, 'a draw is to be published later');
  }
  return { kind: 'done' };
}

function refusalOf(
  { state, beacon_source, beacon_value, frozen_at }: DrawRow,
  value: string,
): Refusal | null {
  const no = (detail: string) => refuse('invalid_transition', { detail, members: { state } });
  if (beacon_source === null) return no('No beacon was named for this sale.');
  if (beacon_value !== null) {
    return beacon_value === value ? null : no('The beacon of this sale has been given another value.');
  }
  if (state === 'closed') return no('The sale is closed, so it is not drawn any more.');
  return frozen_at === null ? no('The entrants are not fixed yet; the beacon speaks after that.') : null;
}
