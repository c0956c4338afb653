import { setTimeout as sleep } from 'node:timers/promises';
import type { PaymentProvider } from '../../engine/contracts/ports.ts';
import { ticketWriter } from '../../engine/index.ts';
import type { Settlement } from '../../engine/surface.ts';
import { Draws } from '../draw/draws.ts';
import type { Log } from '../log.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { createPool } from '../postgres/pool.ts';
import { heartbeatOn } from '../queues/heartbeat.ts';
import { paymentQueueOn } from '../queues/payment-queue.ts';
import { rowQueueOn, startRowWorker } from '../queues/row-queue.ts';
import { refunder } from '../refunds/execute-refund.ts';
import { charger } from './charge.ts';
import { startChargeWorker } from './charge-worker.ts';
import { holdSettlement } from './hold-settlement.ts';
import { startPasses } from './passes.ts';

export interface WorkerOptions {
  databaseUrl: string;
  redisUrl: string;
  settlement: Settlement;
  provider: PaymentProvider;
  /** Writes the tickets of entrants again, which their draw commits to. */
  tokenSecret: string;
  log: Log;
}

/** A charge that takes longer than this is left; its row will be found again by another worker. */
const patienceMs = 1_500;

export interface RunningWorker {
  /** Finishes the charges under way, then lets go of both stores. The settlement stays its owner's. */
  close(): Promise<void>;
}

/**
 * Starts the durable half's work: charge jobs, and the passes that find again what was lost.
 * Throws what Postgres or Redis says where they cannot be reached.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { databaseUrl, redisUrl, settlement, provider, tokenSecret, log } = options;
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
  const heartbeat = heartbeatOn(redisUrl);
  const letGo = () =>
    Promise.all([rows.end(), reports.end(), queue.close(), refunds.close(), heartbeat.close()]);
  try {
    await rows.query('SELECT 1');
    await heartbeat.beat();
  } catch (error) {
    await letGo();
    throw error;
  }

  const holds = holdSettlement(settlement);
  const charge = charger({
    read: paymentReader(rows),
    provider,
    settlements: settlementsOn(rows, provider.name, log),
    holds,
    push: settlement.push,
    log,
  });
  const worker = startChargeWorker(redisUrl, charge, log);
  const providerNamed = (name: string) => (name === provider.name ? provider : undefined);
  const refundWorker = startRowWorker(redisUrl, 'refund', refunder({ on: rows, providerNamed, log }), log);
  const draws = new Draws({ rows, reports, settlement, write: ticketWriter(tokenSecret), log });
  const stopPasses = startPasses({ rows, reports, settlement, holds, draws, queue, refunds, heartbeat, log });
  return {
    async close() {
      const finished = Promise.all([worker.close(), refundWorker.close(), stopPasses()]);
      await Promise.race([finished, sleep(patienceMs, null, { ref: false })]);
      await letGo();
    },
  };
}
