import { Queue } from 'bullmq';
import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { PaymentQueue } from '../../engine/contracts/ports.ts';
import type { Log } from '../log.ts';
import { gather } from '../postgres/gathering.ts';
import type { Jobs } from './catalogue.ts';
import { addingOptions, letGoOf } from './connection.ts';

/**
 * Payments in one job. A job costs Redis some ten writes and the worker three round trips, so under load
 * they are shared; alone, a payment is a job of its own and waits for nobody.
 */
const paymentsPerJob = 32;

export interface WakingPaymentQueue extends PaymentQueue {
  /** For payments that were found by their rows: one that was woken so already, and is not done, is left. */
  wakeAgain(paymentIds: readonly PaymentId[]): Promise<void>;
  close(): Promise<void>;
}

/** Wakes the workers through BullMQ: what gathered during the last round trip goes as one bulk of jobs. */
export function paymentQueueOn(redisUrl: string, log: Log): WakingPaymentQueue {
  const queue = new Queue<Jobs['charge']>('charge', addingOptions(redisUrl));
  // A connection that comes and goes is told by the command that it cost.
  queue.on('error', () => {});

  const add = gather<PaymentId, void>(
    async (paymentIds) => {
      const jobs = [];
      for (let at = 0; at < paymentIds.length; at += paymentsPerJob) {
        jobs.push({ name: 'charge', data: { paymentIds: paymentIds.slice(at, at + paymentsPerJob) } });
      }
      await queue.addBulk(jobs);
      return paymentIds.map(() => undefined);
    },
    { sizeMax: 1_024 },
  );

  /** Adds are answered in order, so the last one is the end of all. */
  let lastAdd: Promise<void> = Promise.resolve();

  return {
    wake(paymentId) {
      lastAdd = add(paymentId).catch((error: Error) => {
        log.warn({ paymentId, reason: error.message }, 'a wake-up was lost; its payment will be found again');
      });
    },
    async wakeAgain(paymentIds) {
      await queue.addBulk(
        paymentIds.map((paymentId) => ({
          name: 'charge',
          data: { paymentIds: [paymentId] },
          opts: { jobId: paymentId },
        })),
      );
    },
    async close() {
      await lastAdd;
      await letGoOf(queue);
    },
  };
}
