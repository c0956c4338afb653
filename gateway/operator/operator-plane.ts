import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Coupons } from '../../engine/contracts/coupons.ts';
import type { Fulfilment } from '../../engine/contracts/fulfilment.ts';
import type { Mails } from '../../engine/contracts/mails.ts';
import type { Payments } from '../../engine/contracts/payments.ts';
import type { Readiness, SaleStore, SigningKeyRotation } from '../../engine/contracts/ports.ts';
import type { Reconciliation } from '../../engine/contracts/reconciliation.ts';
import type { Settings } from '../../engine/contracts/settings.ts';
import type { StockStore } from '../../engine/contracts/stock.ts';
import type { Webhooks } from '../../engine/contracts/webhooks.ts';
import { Money } from '../../engine/contracts/wire/common.ts';
import { Audit, Sale } from '../../engine/contracts/wire/sales.ts';
import type { Settlement, SlowSales } from '../../engine/surface.ts';
import type { Authenticate } from '../guard/authentication.ts';
import { openApiOf } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';
import { healthRoutes } from '../routes/health.ts';
import { documentRoute } from '../routes/pages.ts';
import { couponRoutes } from './coupons.ts';
import { mailRoutes } from './mails.ts';
import { createMetrics, metricsRoute } from './metrics.ts';
import { fulfilmentRoutes } from './orders.ts';
import { paymentRoutes } from './payments.ts';
import { reconciliationRoutes } from './reconciliation.ts';
import { type OperatorApp, registerRoutes } from './register.ts';
import { saleRoutes } from './sales.ts';
import { signingKeyRoute } from './signing-keys.ts';
import { stockRoutes } from './stock.ts';
import { webhookRoutes } from './webhooks.ts';

export interface OperatorPlaneParts {
  settings: Pick<Settings, 'OPERATOR_HOST' | 'OPERATOR_PORT'>;
  authenticate: Authenticate;
  sales: SaleStore;
  stock: StockStore;
  fulfilment: Fulfilment;
  coupons: Coupons;
  webhooks: Webhooks;
  mails: Mails;
  payments: Payments;
  reconciliation: Reconciliation;
  settlement: Settlement;
  slowSales: SlowSales;
  readiness: Readonly<Record<string, Readiness>>;
  signingKeys: SigningKeyRotation;
  version: string;
  log: { error(details: object, message: string): void };
}

export interface OperatorPlane {
  port: number;
  close(): Promise<void>;
}

/** Every address of the operator's origin. */
export function operatorRoutes(
  parts: Omit<OperatorPlaneParts, 'settings' | 'authenticate' | 'log'>,
): Route[] {
  const info = {
    title: 'Doorbuster for its operator',
    description: 'Creating sales, steering them, and looking into them.',
    version: parts.version,
  };
  const routes: Route[] = [
    ...saleRoutes(parts),
    ...stockRoutes(parts.stock),
    ...fulfilmentRoutes(parts.fulfilment),
    ...couponRoutes(parts.coupons),
    ...webhookRoutes(parts.webhooks),
    ...mailRoutes(parts.mails),
    ...paymentRoutes(parts.payments),
    ...reconciliationRoutes(parts.reconciliation),
    signingKeyRoute(parts.signingKeys),
    ...healthRoutes(parts.readiness),
    metricsRoute(createMetrics(parts)),
    documentRoute('/openapi.json', 'This API, as OpenAPI 3.1', () =>
      // No limit counts here, whatever the rows say.
      openApiOf(
        routes.map((row) => ({ ...row, isLimited: false })),
        info,
        { Audit, Money, Sale },
      ),
    ),
  ];
  return routes;
}

/**
 * Opens the operator's origin: a port and a process of its own, so that *pause* can be pressed while the
 * public one is drowning. Null where the port is taken.
 */
export async function openOperatorPlane(parts: OperatorPlaneParts): Promise<OperatorPlane | null> {
  const app: OperatorApp = new Hono();
  registerRoutes(app, operatorRoutes(parts), {
    authenticate: parts.authenticate,
    limits: null,
    log: parts.log,
  });
  // Bodies end sooner, with an answer of their own; Node looks for connections past these limits only every 30 s
  // unless it is told to.
  const serverOptions = {
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    connectionsCheckingInterval: 1_000,
  };
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions }) as Server;
  const { OPERATOR_PORT, OPERATOR_HOST } = parts.settings;
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(OPERATOR_PORT, OPERATOR_HOST, () => resolve(true));
  });
  if (!isListening) return null;
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_500).unref();
      }),
  };
}
