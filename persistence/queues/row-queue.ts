import { DelayedError, Queue, Worker } from 'bullmq';
import type { Log } from '../log.ts';
import { backoffMs, type Jobs } from './catalogue.ts';
import { addingOptions, letGoOf, workingOptions } from './connection.ts';

/** Jobs that name one row each: what is not payments, and so seldom that it need not share jobs. */
export type RowJobName = Exclude<keyof Jobs, 'charge'>;

export interface RowQueue<Id extends string> {
  /** One that was woken, and is not done, is left. */
  wake(ids: readonly Id[]): Promise<void>;
  close(): Promise<void>;
}

/** Wakes the workers for rows of that kind. */
export function rowQueueOn<Name extends RowJobName>(
  redisUrl: string,
  name: Name,
): RowQueue<Jobs[Name]['id']> {
  const queue = new Queue<{ id: string }>(name, addingOptions(redisUrl));
  queue.on('error', () => {});
  return {
    async wake(ids) {
      if (ids.length === 0) return;
      await queue.addBulk(ids.map((id) => ({ name, data: { id }, opts: { jobId: id } })));
    },
    close: () => letGoOf(queue),
  };
}

/** What became of a row: done; open and to be tried again; or open until the time that the row says. */
export type RowOutcome = { kind: 'done' } | { kind: 'open' | 'postponed'; reason: string };

/** A row that nothing was tried with, because it is not its turn. */
export interface PutOff {
  kind: 'put_off';
  forMs: number;
}

/** The row of a job is not settled; the job comes back. */
class RowOpen extends Error {
  override name = 'RowOpen';
}

/** Runs jobs of that kind until it is closed; a throw leaves the row open. */
export function startRowWorker<Name extends RowJobName>(
  redisUrl: string,
  name: Name,
  run: (id: Jobs[Name]['id']) => Promise<RowOutcome | PutOff>,
  log: Log,
  jobsAtOnce = 16,
): Worker<{ id: Jobs[Name]['id'] }> {
  const worker = new Worker<{ id: Jobs[Name]['id'] }>(
    name,
    async (job, token) => {
      const outcome = await run(job.data.id).catch(
        (error: Error): RowOutcome => ({ kind: 'open', reason: error.message }),
      );
      if (outcome.kind === 'done') return;
      if (outcome.kind === 'put_off') {
        // The job keeps its name meanwhile, so that nobody adds it again, and its attempts.
        await job.moveToDelayed(Date.now() + outcome.forMs, token);
        throw new DelayedError();
      }
      const { reason } = outcome;
      log.warn({ job: name, id: job.data.id, reason, attempt: job.attemptsMade + 1 }, 'a job stays open');
      // Nothing is left of its job, so whoever has news of it wakes it at once.
      if (outcome.kind === 'postponed') return;
      throw new RowOpen(reason);
    },
    {
      ...workingOptions(redisUrl, jobsAtOnce),
      settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade) },
    },
  );
  worker.on('error', (error) =>
    log.warn({ queue: name, reason: error.message }, 'a queue cannot be reached'),
  );
  return worker;
}
