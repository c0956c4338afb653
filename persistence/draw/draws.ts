import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type DueFreeze, freezeSale } from './freeze.ts';
import type { WriteTicket } from './places.ts';
import { publishDraw } from './publish-draw.ts';

const liveFreezes = statement<DueFreeze>('live-freezes');
const unpublishedDraws = statement<{ id: string }>('unpublished-draws');

export interface DrawParts {
  rows: PostgresPool;
  /** Plans through statistics: what is looked for. */
  reports: PostgresPool;
  settlement: Pick<Settlement, 'freeze' | 'entrants' | 'publishDraw'>;
  write: WriteTicket;
  log: Log;
}

/**
 * One pass over the draws: fixes the entrants of sales that are due, and tells Redis what is committed. All
 * that it needs is in the rows, so whatever a worker left unfinished is found by the next pass of any. A
 * sale that fails does not keep the others waiting.
 */
export async function drawOnce({ rows, reports, settlement, write, log }: DrawParts): Promise<void> {
  const inEach = async <T>(found: readonly T[], work: (one: T) => Promise<unknown>) => {
    const outcomes = await Promise.allSettled(found.map(work));
    return outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as Error);
  };
  const failures = await inEach(await liveFreezes(reports, []), (due) =>
    freezeSale(rows, settlement, write, log, due),
  );
  failures.push(
    ...(await inEach(await unpublishedDraws(reports, []), ({ id }) => publishDraw(rows, settlement, id))),
  );
  if (failures[0]) throw failures[0];
}
