import type { PaymentId, RefundId } from '../../engine/contracts/ids.ts';
import { jittered } from './jitter.ts';

/**
 * Every job that BullMQ runs, by its name, which is also its queue's. The rows in Postgres are the truth
 * and a job is the wake-up: a lost one is found by its rows, a repeated one changes nothing.
 */
export interface Jobs {
  /** Ask the provider for the money of payments that are initiated, and settle what it decided. */
  charge: { paymentIds: PaymentId[] };
  /** Ask the provider to give money back, and settle what it said. */
  refund: { id: RefundId };
  /** Send one webhook to one endpoint, once. */
  deliver: { id: string };
  /** Send one mail to one buyer, once. */
  mail: { id: string };
}

export type JobName = keyof Jobs;

/** All keys of all queues; one hash slot, because a job moves between them in one script. */
export const queuePrefix = '{db:jobs}';

/** Written by the workers while they can do their work; gone some seconds after the last one ended. */
export const heartbeatKey = `${queuePrefix}:heartbeat`;

/** How often a job is tried before its rows have to be found again. */
export const attemptsMax = 50;

/** How long a job that failed waits for its next attempt: 200 ms, doubled each time to 5 s, a fifth more or less. */
export const backoffMs = (attemptsMade: number): number =>
  jittered(Math.min(200 * 2 ** Math.max(0, attemptsMade - 1), 5_000));
