import { setTimeout as sleep } from 'node:timers/promises';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { beginSlowly } from './begin-slow.ts';

const liveSalesToSellSlowly = statement<{ id: string; epoch: number }>('live-sales-to-sell-slowly');

/**
 * So long Redis is away before a sale leaves it. A Redis that was killed is back after 0.3 to 0.9 s here, and going
 * and coming costs every hold that was not relayed yet, and two epochs.
 */
const slowAfterMs = 1_500;
/** A Redis that hangs says nothing at all. */
const answerMsMax = 500;

/**
 * Watches whether Redis answers, and lets sales sell slowly that say so once it has not for long enough. Called
 * again and again. Nothing here brings them back: whoever follows Redis does (`reconciliation/epochs.ts`).
 */
export function redisAbsence(
  { reports, settlement, log }: { reports: PostgresPool; settlement: Pick<Settlement, 'saleIds'>; log: Log },
  afterMs = slowAfterMs,
): () => Promise<void> {
  let awaySinceMs: number | null = null;

  async function answers(): Promise<boolean> {
    const asked = settlement.saleIds().then(
      () => true,
      () => false,
    );
    return Promise.race([asked, sleep(answerMsMax, false, { ref: false })]);
  }

  return async () => {
    const askedAtMs = performance.now();
    if (await answers()) {
      awaySinceMs = null;
      return;
    }
    awaySinceMs ??= askedAtMs;
    if (performance.now() - awaySinceMs < afterMs) return;
    for (const { id, epoch } of await liveSalesToSellSlowly(reports, [])) {
      await beginSlowly(reports, log, id, epoch);
    }
  };
}
