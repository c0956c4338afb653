import { setTimeout as sleep } from 'node:timers/promises';
import { type AtCrashPoint, passBy } from '../../engine/contracts/crash-points.ts';
import { ticketWriter } from '../../engine/index.ts';
import type { Settlement } from '../../engine/surface.ts';
import { Draws } from '../draw/draws.ts';
import type { Log } from '../log.ts';
import { deliverer } from '../notifications/deliver.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { createPool } from '../postgres/pool.ts';
import { providersIn, type WatchedProvider } from '../providers/choice.ts';
import { heartbeatOn } from '../queues/heartbeat.ts';
import { paymentQueueOn } from '../queues/payment-queue.ts';
import { rowQueueOn, startRowWorker } from '../queues/row-queue.ts';
import { refunder } from '../refunds/execute-refund.ts';
import { claimsOn } from '../saga/claims.ts';
import { paymentSaga } from '../saga/saga.ts';
import { startChargeWorker } from './charge-worker.ts';
import { holdSettlement } from './hold-settlement.ts';
import { startPasses } from './passes.ts';

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
  log: Log;
  /** Where a drill lets this process die. */
  at?: AtCrashPoint;
  /** Instead of those below. */
  times?: Partial<typeof sagaTimes>;
}

const sagaTimes = {
  /** A claim lasts longer than the wait for a provider that does not answer. */
  leaseMs: 8_000,
  /** How long a buyer may take at their bank. */
  actionMs: 300_000,
  /** An outcome that stays unknown for longer is for a person to decide. */
  unresolvedAfterMs: 120_000,
};

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
  const { at = passBy } = options;
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
  const heartbeat = heartbeatOn(redisUrl);
  const letGo = () =>
    Promise.all([
      rows.end(),
      reports.end(),
      queue.close(),
      refunds.close(),
      deliveries.close(),
      heartbeat.close(),
    ]);
  try {
    await rows.query('SELECT 1');
    await heartbeat.beat();
  } catch (error) {
    await letGo();
    throw error;
  }

  const holds = holdSettlement(settlement);
  const providers = providersIn(options.providers);
  const times = { ...sagaTimes, ...options.times };
  const follow = paymentSaga({
    claims: claimsOn(rows, { ...times, first: providers.first }),
    providers,
    settlements: settlementsOn(rows, log),
    holds,
    push: settlement.push,
    log,
    at,
    unresolvedAfterMs: times.unresolvedAfterMs,
  });
  const worker = startChargeWorker(redisUrl, follow, log);
  const { named: providerNamed } = providers;
  const refundWorker = startRowWorker(redisUrl, 'refund', refunder({ on: rows, providerNamed, log }), log);
  const sending = { allowsPrivate: allowsPrivateWebhooks, timeoutMs: webhookTimeoutMs };
  const deliveryWorker = startRowWorker(redisUrl, 'deliver', deliverer(rows, sending, log), log);
  const draws = new Draws({ rows, reports, settlement, write: ticketWriter(tokenSecret), log });
  const stopPasses = startPasses({
    rows,
    reports,
    settlement,
    holds,
    draws,
    queue,
    refunds,
    deliveries,
    heartbeat,
    log,
  });
  return {
    async close() {
      const finished = Promise.all([
        worker.close(),
        refundWorker.close(),
        deliveryWorker.close(),
        stopPasses(),
      ]);
      await Promise.race([finished, sleep(patienceMs, null, { ref: false })]);
      await letGo();
    },
  };
}
