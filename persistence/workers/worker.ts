import { setTimeout as sleep } from 'node:timers/promises';
import { type AtCrashPoint, passBy } from '../../engine/contracts/crash-points.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { MailOptions } from '../notifications/mail/mail.ts';
import { mailsAtOnce, smtpAt } from '../notifications/mail/smtp.ts';
import { deliveriesAtOnce } from '../notifications/shares.ts';
import { createPool } from '../postgres/pool.ts';
import type { WatchedProvider } from '../providers/choice.ts';
import { heartbeatOn } from '../queues/heartbeat.ts';
import { paymentQueueOn } from '../queues/payment-queue.ts';
import { rowQueueOn, startRowWorker } from '../queues/row-queue.ts';
import { startChargeWorker } from './charge-worker.ts';
import { repeatingAll } from './repeating.ts';
import { type SagaTimes, workOf } from './work.ts';

export interface WorkerOptions {
  databaseUrl: string;
  redisUrl: string;
  settlement: Settlement;
  /** In the order in which they are asked. */
  providers: readonly WatchedProvider[];
  /** Writes the tickets of entrants again, which their draw commits to. */
  tokenSecret: string;
  /** Whether webhooks may go to private networks and this machine. */
  allowsPrivateWebhooks: boolean;
  /** Where mails to buyers go; without it there are none. */
  mail?: MailOptions | null;
  log: Log;
  /** Where a drill lets this process die. */
  at?: AtCrashPoint;
  /** Instead of the usual ones. */
  times?: Partial<SagaTimes>;
}

/** A charge that takes longer than this is left; its row will be found again by another worker. */
const patienceMs = 1_500;

/** Below a job's lock of 15 s, so that nobody takes a delivery for given up that is under way. */
const webhookTimeoutMs = 10_000;

export interface RunningWorker {
  /** Finishes the charges under way, then lets go of both stores. The settlement stays its owner's. */
  close(): Promise<void>;
}

/**
 * Starts the durable half's work: charge jobs, and the passes that find again what was lost.
 * Throws what Postgres or Redis says where they cannot be reached.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { databaseUrl, redisUrl, settlement, tokenSecret, allowsPrivateWebhooks, log } = options;
  const { mail = null, at = passBy } = options;
  const onLost = (error: Error) => log.warn({ reason: error.message }, 'a connection to Postgres was lost');
  const rows = createPool(databaseUrl, { connectionsMax: 6, name: 'worker', onLost });
  const reports = createPool(databaseUrl, {
    connectionsMax: 3,
    name: 'worker reports',
    plans: 'through statistics',
    onLost,
  });
  const queue = paymentQueueOn(redisUrl, log);
  const refunds = rowQueueOn(redisUrl, 'refund');
  const deliveries = rowQueueOn(redisUrl, 'deliver');
  const mails = rowQueueOn(redisUrl, 'mail');
  const smtp = mail && smtpAt(mail);
  const heartbeat = heartbeatOn(redisUrl);
  const letGo = () =>
    Promise.all([
      rows.end(),
      reports.end(),
      queue.close(),
      refunds.close(),
      deliveries.close(),
      mails.close(),
      smtp?.close(),
      heartbeat.close(),
    ]);
  try {
    await rows.query('SELECT 1');
    await heartbeat.beat();
  } catch (error) {
    await letGo();
    throw error;
  }

  const sending = { allowsPrivate: allowsPrivateWebhooks, timeoutMs: webhookTimeoutMs };
  if (!mail) log.info({}, 'SMTP_URL is not set: buyers get no mail');
  const work = workOf({
    ...{ rows, reports, settlement, queue, refunds, deliveries, heartbeat, providers: options.providers },
    ...{ mails, mail, smtp, tokenSecret, sending, log, at, times: options.times ?? {} },
  });
  const workers = [
    startChargeWorker(redisUrl, work.follow, log),
    startRowWorker(redisUrl, 'refund', work.refund, log),
    startRowWorker(redisUrl, 'deliver', work.deliver, log, deliveriesAtOnce),
    ...(work.mail ? [startRowWorker(redisUrl, 'mail', work.mail, log, mailsAtOnce)] : []),
  ];
  const stopPasses = repeatingAll([...work.passes, ...work.slowPasses], log);
  return {
    async close() {
      const finished = Promise.all([...workers.map((worker) => worker.close()), stopPasses()]);
      await Promise.race([finished, sleep(patienceMs, null, { ref: false })]);
      await letGo();
    },
  };
}
