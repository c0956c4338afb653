import { setTimeout as pause } from 'node:timers/promises';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type DueFreeze, freezeSale } from './freeze.ts';
import type { WriteTicket } from './places.ts';
import { type DrawSettlement, publishDraw } from './publish-draw.ts';

const liveFreezes = statement<DueFreeze>('live-freezes');
const unpublishedDraws = statement<{ id: string }>('unpublished-draws');

export interface DrawParts {
  rows: PostgresPool;
  /** Plans through statistics: what is looked for. */
  reports: PostgresPool;
  settlement: DrawSettlement & Pick<Settlement, 'freeze' | 'entrants'>;
  write: WriteTicket;
  log: Log;
  /**
   * A freeze that takes longer than this, because so many take part, is not waited for by the draws of
   * other sales: 500 unless told otherwise.
   */
  patienceMs?: number;
}

/**
 * The draws of all sales: fixes the entrants of those that are due, and tells Redis what is committed. All
 * that it needs is in the rows, so whatever a worker left unfinished is found by the next pass of any.
 */
export class Draws {
  readonly #parts: DrawParts;
  readonly #freezing = new Map<string, Promise<void>>();

  constructor(parts: DrawParts) {
    this.#parts = parts;
  }

  /** One pass. Throws the first failure; a sale that fails keeps no other one waiting. */
  async runOnce(): Promise<void> {
    const { rows, reports, settlement, log } = this.#parts;
    const due = (await liveFreezes(reports, [])).filter(({ id }) => !this.#freezing.has(id));
    const failures = await failuresOf(due.map((sale) => this.#freeze(sale)));
    const committed = await unpublishedDraws(reports, []);
    failures.push(...(await failuresOf(committed.map(({ id }) => publishDraw(rows, settlement, log, id)))));
    if (failures.length > 0) throw failures[0];
  }

  /** Fixes and publishes; goes on alone where that takes long. */
  async #freeze(sale: DueFreeze): Promise<void> {
    const { rows, settlement, write, log, patienceMs = 500 } = this.#parts;
    const freezing = freezeSale(rows, settlement, write, log, sale)
      .then(() => publishDraw(rows, settlement, log, sale.id))
      .finally(() => this.#freezing.delete(sale.id));
    this.#freezing.set(sale.id, freezing);
    // Whatever fails once nobody waits any more is due again in the next pass, which waits for it anew.
    freezing.catch(() => {});
    await Promise.race([freezing, pause(patienceMs, undefined, { ref: false })]);
  }
}

async function failuresOf(works: readonly Promise<unknown>[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(works);
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}
