import type { CartStore } from '../../engine/contracts/carts.ts';
import type { BuyerOrders } from '../../engine/contracts/fulfilment.ts';
import type { DrawStore, OrderStore, Readiness, SigningKeys } from '../../engine/contracts/ports.ts';
import type { ProviderEvents } from '../../engine/contracts/provider-events.ts';
import { Cart } from '../../engine/contracts/wire/cart.ts';
import {
  Checkout,
  LineItem,
  Order,
  OrderConfirmed,
  OrderPending,
  OrderRequiresAction,
  Pay,
} from '../../engine/contracts/wire/checkout.ts';
import { Item, Money } from '../../engine/contracts/wire/common.ts';
import { Draw } from '../../engine/contracts/wire/draw.ts';
import { Refund, Return } from '../../engine/contracts/wire/orders.ts';
import { Reservation, Reserve, Reserved, Standby } from '../../engine/contracts/wire/reservations.ts';
import { Sale, SaleItem } from '../../engine/contracts/wire/sales.ts';
import { Challenge, Ticket, TicketStatus } from '../../engine/contracts/wire/tickets.ts';
import type { Engine } from '../../engine/surface.ts';
import { type DocumentInfo, openApiOf } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';
import { cartRoutes } from './cart.ts';
import { checkoutRoutes } from './checkout.ts';
import { type DevLogins, devTokenRoute } from './dev-token.ts';
import { drawRoutes } from './draw.ts';
import { healthRoutes } from './health.ts';
import { initiateRoute } from './initiate.ts';
import { orderRoutes } from './orders.ts';
import { pageRoutes } from './pages.ts';
import type { PaymentCounter } from './pay.ts';
import { paymentWebhookRoute } from './payment-webhooks.ts';
import { reservationRoutes } from './reservations.ts';
import { saleRoutes } from './sales.ts';
import { jwksRoute } from './signing-keys.ts';
import { ticketRoutes } from './tickets.ts';

export interface TableParts {
  engine: Engine;
  orderStore: Pick<OrderStore, 'order' | 'orders'>;
  buyerOrders: BuyerOrders;
  carts: CartStore;
  drawStore: DrawStore;
  counter: PaymentCounter;
  providerEvents: ProviderEvents;
  readiness: Readonly<Record<string, Readiness>>;
  signingKeys: Pick<SigningKeys, 'published'>;
  /** The secret to sign development logins with, or null where there are none. */
  devLogins: DevLogins | null;
  info: DocumentInfo;
  asyncApi: () => object;
}

const named = {
  Cart,
  Challenge,
  Checkout,
  Draw,
  Item,
  LineItem,
  Money,
  Order,
  OrderConfirmed,
  OrderPending,
  OrderRequiresAction,
  Pay,
  Refund,
  Reservation,
  Reserve,
  Reserved,
  Return,
  Sale,
  SaleItem,
  Standby,
  Ticket,
  TicketStatus,
};

/** Every address of the public origin. */
export function publicRoutes(parts: TableParts): Route[] {
  const routes: Route[] = [
    ...saleRoutes(parts.engine.sales),
    ...drawRoutes(parts.engine.sales),
    ...ticketRoutes(parts.engine, parts.drawStore),
    ...reservationRoutes(parts.engine),
    ...cartRoutes({ carts: parts.carts, sales: parts.engine.sales }),
    initiateRoute({ carts: parts.carts, desk: parts.engine.desk }),
    ...checkoutRoutes(parts.engine.desk, parts.counter),
    ...orderRoutes({ ...parts, desk: parts.engine.desk }),
    paymentWebhookRoute(parts.providerEvents),
    ...(parts.devLogins === null ? [] : [devTokenRoute(parts.devLogins)]),
    ...healthRoutes(parts.readiness),
    jwksRoute(parts.signingKeys),
    ...pageRoutes({ openApi: () => openApiOf(routes, parts.info, named), asyncApi: parts.asyncApi }),
  ];
  return routes;
}
