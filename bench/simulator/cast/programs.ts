import type { Redis } from 'ioredis';
import { engineOn } from '../../../engine/engine-on.ts';
import { settlementOn } from '../../../engine/settlement.ts';
import { createLog } from '../../../persistence/log.ts';
import { buyerOrdersOn } from '../../../persistence/orders/buyer-orders.ts';
import { fulfilmentOn } from '../../../persistence/orders/fulfilment.ts';
import { orderStoreOn } from '../../../persistence/orders/order-store.ts';
import { quoteStoreOn } from '../../../persistence/quotes/quote-store.ts';
import { saleRegisterOn } from '../../../persistence/sales/sale-register.ts';
import { saleStoreOn } from '../../../persistence/sales/sale-store.ts';
import { workOf } from '../../../persistence/workers/work.ts';
import type { SteppedPostgres } from '../runtime/stepped-postgres.ts';
import type { Process } from '../runtime/tasks.ts';
import type { Jobs } from './jobs.ts';
import type { SimulatedProvider } from './provider.ts';

/** What a program is started with: its stores, as it sees them. */
export interface ProgramParts {
  process: Process;
  redis: Redis;
  rows: SteppedPostgres;
  /** Plans through statistics. */
  reports: SteppedPostgres;
  jobs: Jobs;
  providers: readonly SimulatedProvider[];
}

const tokenSecret = 'of-a-simulation-and-of-nothing-else';
const log = createLog('silent');
const returnWindowMs = 30 * 86_400_000;

/** Shorter than in production where a schedule would seldom wait for so long. */
const times = { actionMs: 10_000, unresolvedAfterMs: 600_000 };

export type Gateway = ReturnType<typeof startGateway>;
export type Worker = ReturnType<typeof startWorker>;
export type Operator = ReturnType<typeof startOperator>;

/** What stands behind a gateway's door. */
export function startGateway({ process, redis, rows, jobs }: ProgramParts) {
  const orders = orderStoreOn(rows, log);
  const paymentQueue = { wake: (id: `pay_${string}`) => jobs.add({ kind: 'follow', id }) };
  const engine = engineOn(redis, {
    ...{ tokenSecret, orderStore: orders, paymentQueue, quotes: quoteStoreOn(rows) },
    saleRegister: saleRegisterOn(rows),
  });
  return { process, rows, orders, engine, buyerOrders: buyerOrdersOn(rows, returnWindowMs) };
}

/** What a worker does, with the simulation's queue in the place of BullMQ. */
export function startWorker({ process, redis, rows, reports, jobs, providers }: ProgramParts) {
  const wake = (kind: 'follow' | 'refund') => (ids: readonly string[]) =>
    ids.length === 0
      ? Promise.resolve()
      : process.steps.ask<void>('queue', `wake ${kind}`, {
          perform: async () => {
            for (const id of ids) jobs.add({ kind, id } as Parameters<Jobs['add']>[0]);
          },
          unanswered: () => {
            throw new Error('Connection is closed.');
          },
        });
  const work = workOf({
    ...{ rows, reports, settlement: settlementOn(redis, tokenSecret), tokenSecret, log, times },
    providers: providers.map((provider) => provider.askedBy(process)),
    queue: { wakeAgain: wake('follow') },
    refunds: { wake: wake('refund') },
    // Nobody subscribes to a simulation's webhooks, so nothing is ever to be delivered.
    deliveries: { wake: async () => {} },
    // Its buyers have no address, so nobody gets mail.
    ...{ mails: { wake: async () => {} }, mail: null, smtp: null },
    heartbeat: { beat: async () => {} },
    sending: { allowsPrivate: false, timeoutMs: 1 },
    at: () => {},
  });
  return { process, rows, reports, work };
}

/** The operator's plane. */
export function startOperator({ process, redis, rows, reports }: ProgramParts) {
  const sales = saleStoreOn(rows, reports, settlementOn(redis, tokenSecret), log);
  return { process, rows, sales, orders: fulfilmentOn(rows) };
}
