import { Worker } from 'bullmq';
import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { Log } from '../log.ts';
import { backoffMs, type Jobs } from '../queues/catalogue.ts';
import { workingOptions } from '../queues/connection.ts';
import type { Followed } from '../saga/saga.ts';

/** Jobs under way at once; each holds up to 32 payments, and the provider's bulkhead limits those. */
const jobsAtOnce = 64;

/** A job whose payments are not all settled; it comes back with those that are open. */
class PaymentsOpen extends Error {
  override name = 'PaymentsOpen';
}

/** Runs charge jobs until it is closed; a closing worker finishes what it began. */
export function startChargeWorker(
  redisUrl: string,
  follow: (paymentId: PaymentId) => Promise<Followed>,
  log: Log,
): Worker<Jobs['charge']> {
  const worker = new Worker<Jobs['charge']>(
    'charge',
    async (job) => {
      const outcomes = await Promise.all(job.data.paymentIds.map((id) => follow(id)));
      const open = outcomes.flatMap((outcome, at) =>
        outcome.kind === 'open' ? [{ paymentId: job.data.paymentIds[at] as PaymentId, ...outcome }] : [],
      );
      const [first] = open;
      if (!first) return;
      const { paymentId, reason } = first;
      log.warn(
        { paymentId, reason, payments: open.length, attempt: job.attemptsMade + 1 },
        'payments stay open',
      );
      await job.updateData({ paymentIds: open.map((payment) => payment.paymentId) });
      throw new PaymentsOpen(reason);
    },
    {
      ...workingOptions(redisUrl, jobsAtOnce),
      settings: { backoffStrategy: (attemptsMade) => backoffMs(attemptsMade) },
    },
  );
  worker.on('error', (error) => log.warn({ reason: error.message }, 'the charge queue cannot be reached'));
  return worker;
}
