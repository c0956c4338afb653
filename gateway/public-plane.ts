import type { CartStore } from '../engine/contracts/carts.ts';
import type { BuyerOrders } from '../engine/contracts/fulfilment.ts';
import type { DrawStore, OrderStore, Readiness, SigningKeys } from '../engine/contracts/ports.ts';
import type { ProviderEvents } from '../engine/contracts/provider-events.ts';
import type { Settings } from '../engine/contracts/settings.ts';
import type { Engine } from '../engine/surface.ts';
import { lineOf } from './guard/absence.ts';
import { TrustedProxies } from './guard/address.ts';
import { authenticationOf, partiesIn } from './guard/authentication-of.ts';
import { Limits } from './guard/limits.ts';
import { HttpKernel } from './http/kernel.ts';
import { listen } from './http/listen.ts';
import type { DocumentInfo } from './http/openapi.ts';
import { uws } from './http/uws.ts';
import { every } from './loop.ts';
import { OutcomeWatch } from './routes/outcome-watch.ts';
import { PaymentCounter } from './routes/pay.ts';
import { publicRoutes } from './routes/table.ts';
import { asyncApiOf } from './socket/asyncapi.ts';
import { SocketDoor } from './socket/door.ts';

export interface PublicPlaneParts {
  settings: Settings;
  engine: Engine;
  orderStore: Pick<OrderStore, 'order' | 'orders'>;
  buyerOrders: BuyerOrders;
  carts: CartStore;
  drawStore: DrawStore;
  providerEvents: ProviderEvents;
  readiness: Readonly<Record<string, Readiness>>;
  /** Known already; the plane keeps them current. */
  signingKeys: Pick<SigningKeys, 'published' | 'refresh'>;
  socketsMax: number;
  version: string;
  log: { error(details: object, message: string): void };
}

export interface PublicPlane {
  port: number;
  /** Ends what was begun, sends every socket to another gateway, and stops listening. */
  close(): Promise<void>;
}

/** How long exchanges that were begun may take when the gateway goes down. */
const finishWithinMs = 1_500;

const documentInfo = (version: string): DocumentInfo => ({
  title: 'Doorbuster',
  description: 'A flash-sale engine: a fair waiting room, exact reservations, and a durable ledger.',
  version,
});

/** Opens the public origin: HTTP, WebSocket, and the passes that keep both current. Null where the port is taken. */
export async function openPublicPlane(parts: PublicPlaneParts): Promise<PublicPlane | null> {
  const { settings, engine, log } = parts;
  const app = uws.App();
  const authenticate = authenticationOf(settings);
  const limits = new Limits(settings, { isLoopbackExempt: settings.RATE_EXEMPT_LOOPBACK === 'on' });
  const proxies = new TrustedProxies(settings.TRUSTED_PROXIES);
  const counter = new PaymentCounter(engine.desk, new OutcomeWatch(engine));
  const info = documentInfo(parts.version);
  const door = new SocketDoor({ ...parts, app, counter, authenticate, limits, proxies });
  const kernel = new HttpKernel({ authenticate, limits, proxies, log });
  const { AUTH_SECRET: secret } = settings;
  const devLogins = settings.DEV_TOKENS === 'on' && secret ? { secret, ...partiesIn(settings) } : null;
  kernel.mount(app, publicRoutes({ ...parts, counter, info, devLogins, asyncApi: () => asyncApiOf(info) }));
  const onError = (error: unknown) => log.error({ err: error }, `a pass failed: ${lineOf(error)}`);
  // The sales are known before the first request asks for them; one that is damaged keeps nobody out of the others.
  await engine.runOnce().catch(onError);
  const listener = await listen(app, settings.HOST, settings.PORT, { isShared: settings.GATEWAYS > 1 });
  if (!listener) {
    kernel.close();
    app.close();
    return null;
  }
  const stops = [
    every(200, () => engine.runOnce(), onError),
    every(250, () => engine.followSlowSales(), onError),
    every(250, () => door.broadcast(), onError),
    every(1_000, () => door.dismiss(Date.now()), onError),
    every(10_000, () => door.speakForTheWaiting(), onError),
    every(5_000, () => parts.signingKeys.refresh(), onError),
  ];
  return {
    port: listener.port,
    async close() {
      for (const stop of stops) stop();
      listener.stop();
      kernel.drain();
      await door.farewell();
      const untilMs = Date.now() + finishWithinMs;
      while (kernel.openCount > 0 && Date.now() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      kernel.close();
      app.close();
    },
  };
}
