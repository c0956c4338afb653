import type { Queue, QueueOptions, RedisOptions, WorkerOptions } from 'bullmq';
import { attemptsMax, queuePrefix } from './catalogue.ts';

/** After an outage BullMQ's own back-off keeps workers away for up to 18 s; a flash sale wants them back at once. */
const retryStrategy = (attempt: number) => Math.min(attempt * 20, 500);

/** So soon is a Redis looked at again that still reads its files; by default after a second, and up to ten. */
const maxLoadingRetryTime = 50;

/** For those who add jobs: while Redis is away they are told so at once, and a command is never sent twice. */
export const addingConnection = (url: string): RedisOptions => ({
  url,
  retryStrategy,
  maxLoadingRetryTime,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  commandTimeout: 5_000,
});

/**
 * How every queue takes jobs. Nobody listens to what BullMQ tells of them: of 10,000 entries a queue, 1 MB of Redis, it
 * keeps as few as it can.
 */
export const addingOptions = (url: string): QueueOptions => ({
  prefix: queuePrefix,
  connection: addingConnection(url),
  streams: { events: { maxLen: 1 } },
  defaultJobOptions: {
    attempts: attemptsMax,
    backoff: { type: 'capped' },
    removeOnComplete: true,
    removeOnFail: true,
  },
});

/** For workers, who wait for Redis as long as it takes. */
export const workingConnection = (url: string): RedisOptions => ({
  url,
  retryStrategy,
  maxLoadingRetryTime,
  maxRetriesPerRequest: null,
});

/** How every worker takes jobs: one that was given up by a dead worker is taken again, as often as that happens. */
export const workingOptions = (url: string, jobsAtOnce: number): WorkerOptions => ({
  prefix: queuePrefix,
  connection: workingConnection(url),
  concurrency: jobsAtOnce,
  // The default of 1 gives a job up for good when its worker dies twice.
  maxStalledCount: 1_000,
  stalledInterval: 5_000,
  lockDuration: 15_000,
  runRetryDelay: 500,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
});

/** Lets go of a queue's connection at once: saying goodbye (QUIT) fails while Redis is away, and leaves it reconnecting. */
export const letGoOf = (queue: Queue): Promise<void> => queue.getBackend().close(true);
