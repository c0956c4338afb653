import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const noteProgressRow = statement('note-progress');

/**
 * Notes how far a waiting room is: an epoch that is rebuilt goes on from there. What happened since the last
 * note is made up for by the pace, which calls what fell due.
 */
export async function noteProgress(
  on: Postgres,
  settlement: Pick<Settlement, 'snapshot'>,
  saleId: string,
): Promise<void> {
  const snapshot = await settlement.snapshot(saleId);
  if (!snapshot) return;
  const { epoch, serving, missedBelow, nowMs } = snapshot;
  await noteProgressRow(on, [saleId, epoch, serving, missedBelow, nowMs]);
}
