import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { publishRevision } from '../sales/publish-revision.ts';

const unpublishedRevisions = statement<{ id: string }>('unpublished-revisions');

/**
 * Brings Redis to the rows where an operator's change was begun `ageMs` ago and nobody finished it. Returns
 * how many.
 */
export async function publishRevisions(
  on: PostgresPool,
  settlement: Pick<Settlement, 'configure' | 'adjustUnits' | 'snapshot'>,
  log: Log,
  ageMs: number,
): Promise<number> {
  const unpublished = await unpublishedRevisions(on, [ageMs]);
  for (const { id } of unpublished) {
    const published = await publishRevision(on, settlement, id);
    log.warn({ saleId: id, outcome: published.kind }, 'a change of a sale is published late');
  }
  return unpublished.length;
}
