import type { CartStore } from '../engine/contracts/carts.ts';
import type { Coupons } from '../engine/contracts/coupons.ts';
import type { BuyerOrders, Fulfilment } from '../engine/contracts/fulfilment.ts';
import type { Mails } from '../engine/contracts/mails.ts';
import type { Payments } from '../engine/contracts/payments.ts';
import type {
  DrawStore,
  OrderStore,
  PaymentQueue,
  Readiness,
  SaleRegister,
  SaleStore,
  SigningKeyRotation,
  SigningKeys,
} from '../engine/contracts/ports.ts';
import type { ProviderEvents } from '../engine/contracts/provider-events.ts';
import type { QuoteStore } from '../engine/contracts/quote.ts';
import type { Reconciliation } from '../engine/contracts/reconciliation.ts';
import type { Settings } from '../engine/contracts/settings.ts';
import type { StockStore } from '../engine/contracts/stock.ts';
import type { Webhooks } from '../engine/contracts/webhooks.ts';
import { ticketWriter } from '../engine/index.ts';
import type { Settlement, SlowSales } from '../engine/surface.ts';
import { cartStoreOn } from './carts/cart-store.ts';
import { couponsOn } from './coupons/coupons.ts';
import { drawStoreOn } from './draw/draw-store.ts';
import { createLog, type Log } from './log.ts';
import { mailsOn } from './notifications/mail/mails.ts';
import { webhooksOn } from './notifications/webhooks.ts';
import { buyerOrdersOn } from './orders/buyer-orders.ts';
import { fulfilmentOn } from './orders/fulfilment.ts';
import { orderStoreOn } from './orders/order-store.ts';
import { paymentsOn } from './payments/unresolved.ts';
import { createPool, type PoolOptions } from './postgres/pool.ts';
import { providerEventsOn } from './providers/events.ts';
import { heartbeatOn } from './queues/heartbeat.ts';
import { paymentQueueOn } from './queues/payment-queue.ts';
import { quoteStoreOn } from './quotes/quote-store.ts';
import { reconciliationOn } from './repairs/reconciliation.ts';
import { saleRegisterOn } from './sales/sale-register.ts';
import { saleStoreOn } from './sales/sale-store.ts';
import { signingKeyRingOn } from './signing-keys/key-ring.ts';
import { signingKeyRotationOn } from './signing-keys/rotation.ts';
import { slowSalesOn } from './slow/slow-sales.ts';
import { stockStoreOn } from './stock/stock-store.ts';

export { createLog, type Log } from './log.ts';
export { migrate } from './migrations/migrate.ts';
export { mailOptionsOf } from './notifications/mail/smtp.ts';
export { createPaymentProvider, providersOf } from './providers/create.ts';
export { type RunningWorker, startWorker, type WorkerOptions } from './workers/worker.ts';

/** Lets go of connections; what is under way finishes first. */
export interface Closable {
  close(): Promise<void>;
}

/** A few rows, looked at every few seconds; whoever asks for an unknown key waits no longer than a second. */
const signingKeyPool: PoolOptions = {
  connectionsMax: 1,
  name: 'signing keys',
  plans: 'through statistics',
  answerMsMax: 1_000,
};

/** Orders on Postgres. Connects when it is first asked; a call throws while Postgres is away. */
export function createOrderStore(databaseUrl: string, log: Log = createLog('info')): OrderStore & Closable {
  // Payments go through one connection at a time, in groups; the others read.
  const pool = createPool(databaseUrl, { connectionsMax: 4, name: 'orders' });
  return { ...orderStoreOn(pool, log), close: () => pool.end() };
}

/** What checkouts cost, on a pool of its own: nothing here keeps a payment waiting that has no quote. */
export function createQuoteStore(databaseUrl: string): QuoteStore & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 2, name: 'quotes' });
  return { ...quoteStoreOn(pool), close: () => pool.end() };
}

/** What buyers do with their orders, on a pool of its own: nothing here keeps a payment waiting. */
export function createBuyerOrders(databaseUrl: string, returnWindowDays: number): BuyerOrders & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 2, name: 'changes of orders' });
  return { ...buyerOrdersOn(pool, returnWindowDays * 86_400_000), close: () => pool.end() };
}

/** What operators do with orders. */
export function createFulfilment(databaseUrl: string): Fulfilment & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 2, name: 'fulfilment' });
  return { ...fulfilmentOn(pool), close: () => pool.end() };
}

/** The operator's coupons. */
export function createCoupons(databaseUrl: string): Coupons & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 1, name: 'coupons' });
  return { ...couponsOn(pool), close: () => pool.end() };
}

/** Outgoing webhooks. `allowsPrivate`: whether they may go to private networks and this machine. */
export function createWebhooks(databaseUrl: string, allowsPrivate: boolean): Webhooks & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 2, name: 'webhooks' });
  return { ...webhooksOn(pool, allowsPrivate), close: () => pool.end() };
}

/** The operator's mails. */
export function createMails(databaseUrl: string): Mails & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 1, name: 'mails' });
  return { ...mailsOn(pool), close: () => pool.end() };
}

/** What operators do with payments; workers are woken through Redis. */
export function createPayments(
  databaseUrl: string,
  redisUrl: string,
  log: Log = createLog('info'),
): Payments & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 2, name: 'payments' });
  const queue = paymentQueueOn(redisUrl, log);
  return {
    ...paymentsOn(pool, queue, log),
    close: async () => {
      await Promise.all([pool.end(), queue.close()]);
    },
  };
}

/** What payment providers tell of; those without a webhook secret are not listened to. */
export function createProviderEvents(
  databaseUrl: string,
  settings: Pick<
    Settings,
    | 'PROVIDER_NAME'
    | 'PROVIDER_WEBHOOK_SECRET'
    | 'SECOND_PROVIDER_NAME'
    | 'SECOND_PROVIDER_URL'
    | 'SECOND_PROVIDER_WEBHOOK_SECRET'
  >,
): ProviderEvents & Closable {
  // One commit at a time takes all that came during the one before it.
  const pool = createPool(databaseUrl, { connectionsMax: 1, name: 'events of providers' });
  const secrets = {
    ...(settings.SECOND_PROVIDER_URL
      ? { [settings.SECOND_PROVIDER_NAME]: settings.SECOND_PROVIDER_WEBHOOK_SECRET }
      : {}),
    [settings.PROVIDER_NAME]: settings.PROVIDER_WEBHOOK_SECRET,
  };
  return { ...providerEventsOn(pool, secrets), close: () => pool.end() };
}

/** Reconciliation on demand, on pools of its own: a look through a sale reads all of it. */
export function createReconciliation(
  databaseUrl: string,
  redisUrl: string,
  settlement: Settlement,
  log: Log = createLog('info'),
): Reconciliation & Closable {
  const rows = createPool(databaseUrl, { connectionsMax: 2, name: 'repairs' });
  const reports = createPool(databaseUrl, {
    connectionsMax: 2,
    name: 'discrepancies',
    plans: 'through statistics',
  });
  const queue = paymentQueueOn(redisUrl, log);
  return {
    ...reconciliationOn({ rows, reports, settlement, queue, log }),
    close: async () => {
      await Promise.all([rows.end(), reports.end(), queue.close()]);
    },
  };
}

/** Wakes the workers through Redis; never waits, never throws. */
export function createPaymentQueue(redisUrl: string, log: Log = createLog('info')): PaymentQueue & Closable {
  return paymentQueueOn(redisUrl, log);
}

/** The operator's sales on Postgres and, through `settlement`, on Redis. */
export function createSaleStore(
  databaseUrl: string,
  settlement: Settlement,
  log: Log = createLog('info'),
): SaleStore & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 4, name: 'sales' });
  const reports = createPool(databaseUrl, { connectionsMax: 2, name: 'audits', plans: 'through statistics' });
  return {
    ...saleStoreOn(pool, reports, settlement, log),
    close: async () => {
      await Promise.all([pool.end(), reports.end()]);
    },
  };
}

/** What sales there are, for whoever does not find one in Redis. */
export function createSaleRegister(databaseUrl: string): SaleRegister & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 1, name: 'sale register', answerMsMax: 1_000 });
  return { ...saleRegisterOn(pool), close: () => pool.end() };
}

/** Sales that sell slowly, while Redis is away, through row locks in Postgres. */
export function createSlowSales(databaseUrl: string, log: Log = createLog('info')): SlowSales & Closable {
  // One for the commits of a sale's groups, the others for what its buyers do besides.
  const pool = createPool(databaseUrl, { connectionsMax: 4, name: 'slow sales' });
  return { ...slowSalesOn(pool, log), close: () => pool.end() };
}

/** Carts on Postgres. */
export function createCartStore(databaseUrl: string): CartStore & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 2, name: 'carts' });
  return { ...cartStoreOn(pool), close: () => pool.end() };
}

/** General stock on Postgres and, through `settlement`, on Redis. */
export function createStockStore(
  databaseUrl: string,
  settlement: Settlement,
  log: Log = createLog('info'),
): StockStore & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 4, name: 'general stock' });
  return { ...stockStoreOn(pool, settlement, log), close: () => pool.end() };
}

/** The keys of public purchase tokens, as a gateway keeps them in memory; known after the first `refresh`. */
export function createSigningKeys(
  databaseUrl: string,
  tokenSecret: string,
  log: Log = createLog('info'),
): SigningKeys & Closable {
  const pool = createPool(databaseUrl, signingKeyPool);
  return { ...signingKeyRingOn(pool, tokenSecret, log), close: () => pool.end() };
}

/** Rotates those keys. `announceMs`: how long a new key is published before it signs. */
export function createSigningKeyRotation(
  databaseUrl: string,
  tokenSecret: string,
  options: { announceMs?: number } = {},
): SigningKeyRotation & Closable {
  const pool = createPool(databaseUrl, signingKeyPool);
  return { ...signingKeyRotationOn(pool, tokenSecret, options), close: () => pool.end() };
}

/** Proofs of frozen sales on Postgres; `tokenSecret` is the one that their tickets were signed under. */
export function createDrawStore(
  databaseUrl: string,
  tokenSecret: string,
  log: Log = createLog('info'),
): DrawStore & Closable {
  // One block is fetched at a time.
  const pool = createPool(databaseUrl, { connectionsMax: 1, name: 'draws' });
  return { ...drawStoreOn(pool, ticketWriter(tokenSecret), log), close: () => pool.end() };
}

/** Whether Postgres answers within a second. */
export function postgresReadiness(databaseUrl: string): Readiness & Closable {
  const pool = createPool(databaseUrl, { connectionsMax: 1, name: 'readiness', answerMsMax: 1_000 });
  return {
    async check() {
      try {
        await pool.query('SELECT 1');
        return null;
      } catch (error) {
        return `Postgres does not answer: ${(error as Error).message}`;
      }
    },
    close: () => pool.end(),
  };
}

/** Whether some worker has shown within 5 s that it reaches Redis and Postgres. */
export function workersReadiness(redisUrl: string): Readiness & Closable {
  return heartbeatOn(redisUrl);
}
