import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

interface Epoch {
  epoch: number;
}

const noteRedisRun = statement<Epoch>('note-redis-run');
const readEpoch = statement<Epoch>('read-epoch');

/**
 * A Redis that came back is not the Redis that left. Where it has another run id, the sale begins another
 * epoch: in Postgres first, so that no commit believes in the old one, then in Redis, where the sale's clock
 * is set anew. An epoch that Redis did not hear of is told again. Answers the epoch, and null where Redis
 * has lost the sale.
 */
export async function followRedis(
  on: Postgres,
  settlement: Pick<Settlement, 'redisRunId' | 'beginEpoch'>,
  log: Log,
  saleId: string,
): Promise<number | null> {
  const [begun] = await noteRedisRun(on, [saleId, await settlement.redisRunId()]);
  const [present] = begun ? [begun] : await readEpoch(on, [saleId]);
  if (!present) return null;
  const outcome = await settlement.beginEpoch(saleId, present.epoch);
  if (outcome.kind === 'begun')
    log.info({ saleId, epoch: present.epoch }, 'Redis was restarted: another epoch');
  return outcome.kind === 'missing' ? null : present.epoch;
}
