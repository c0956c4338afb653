import { buildTree, drawSeed, usualBlockLevel } from '../../engine/index.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { relayAll } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { commitFreeze } from './commit-freeze.ts';
import { placesOf, ticketHashesInBlocks, type WriteTicket } from './places.ts';

/** A sale whose entrants are to be fixed, as `live-freezes.sql` finds it. */
export interface DueFreeze {
  id: string;
  epoch: number;
  seed: Buffer;
  /** When the beacon speaks, where one was named. */
  beacon_at: Date | null;
}

export type Frozen =
  | { kind: 'frozen'; preEntrants: number; entrantsRoot: string }
  /** Another worker had committed first, or the sale has another epoch by now; nothing was changed. */
  | { kind: 'overtaken' }
  /** The sale ended before anybody was fixed. */
  | { kind: 'ended' }
  /** Redis was lost a moment ago; it is due again. */
  | { kind: 'early' };

/**
 * Fixes the entrants of a sale: first in Redis, which decides who they are, then their tree and places in
 * one commit. Any number of workers may do it at once, and die anywhere: Redis gives all of them the same
 * number, and the first commit counts. Throws while either store is away.
 */
export async function freezeSale(
  on: PostgresPool,
  settlement: Pick<Settlement, 'freeze' | 'entrants' | 'outbox' | 'trimOutbox' | 'push'>,
  write: WriteTicket,
  log: Log,
  { id, epoch, seed, beacon_at }: DueFreeze,
): Promise<Frozen> {
  const fixed = await settlement.freeze(id);
  if (fixed.kind !== 'frozen') return fixed;
  const { preEntrants, frozenAtMs } = fixed;
  const places = await placesOf(settlement.entrants(id), preEntrants);
  // A Redis that was rolled back while it was read fixes somebody else the next time.
  const still = await settlement.freeze(id);
  const isSame =
    still.kind === 'frozen' && still.frozenAtMs === frozenAtMs && still.preEntrants === preEntrants;
  if (!isSame) return { kind: 'overtaken' };
  // Whoever is under the root has a row: no loss of Redis can take their place from them any more.
  await relayAll(on, settlement, log, id);
  const tree = await buildTree(ticketHashesInBlocks(places, id, usualBlockLevel, write));
  const isFirst = await commitFreeze(on, {
    saleId: id,
    epoch,
    frozenAtMs,
    tree,
    places,
    drawSeed: beacon_at === null ? drawSeed(seed, null) : null,
  });
  if (!isFirst) return { kind: 'overtaken' };
  log.info({ saleId: id, preEntrants, entrantsRoot: tree.root }, 'the entrants of a draw are fixed');
  if (beacon_at !== null && beacon_at.getTime() <= frozenAtMs) {
    log.error(
      { saleId: id, frozenAtMs, beaconAt: beacon_at },
      'the entrants were fixed after the beacon spoke',
    );
  }
  return { kind: 'frozen', preEntrants, entrantsRoot: tree.root };
}
