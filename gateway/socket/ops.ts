import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import type { ClientFrame, ClientOp } from '../../engine/contracts/wire/socket.ts';
import type { Engine } from '../../engine/surface.ts';
import type { Authenticate } from '../guard/authentication.ts';
import { isRefusal } from '../http/refusal.ts';
import type { PaymentCounter } from '../routes/pay.ts';
import { releaseReservation, reserveUnits } from '../routes/reservations.ts';
import { findSale, saleView } from '../routes/sales.ts';
import { joinSale, leaveSale } from '../routes/tickets.ts';
import { topicOf } from './broadcasts.ts';
import type { Connection } from './connection.ts';
import type { EventName } from './events.ts';
import type { Presence } from './presence.ts';
import type { Turns } from './turns.ts';

/** The answer to a frame. `sent` is called once it has been sent. */
export interface Answer {
  ev: EventName;
  body: object;
  sent?: () => void;
}

export interface OpParts {
  engine: Engine;
  counter: PaymentCounter;
  turns: Turns;
  authenticate: Authenticate;
  /** Makes the buyer of this token the buyer of this socket. */
  logIn(connection: Connection, token: string): Promise<Answer | Refusal>;
  /** This socket watches no sale any more. */
  stoppedWatching(connection: Connection): void;
}

interface Op<Name extends ClientOp> {
  summary: string;
  /** Events that answer it, besides `error`. */
  answers: readonly EventName[];
  /** True where only a buyer may; the buyer's rate limit counts it then, and else that of the socket's address. */
  isBuyers: boolean;
  run(
    parts: OpParts,
    connection: Connection,
    frame: ClientFrame<Name>,
    buyer: Presence,
  ): Promise<Answer | Refusal> | Answer | Refusal;
}

/** Sales that one socket may watch. */
const watchedMax = 100;

/** What a client may ask over the WebSocket. Each shares its operation with an HTTP route. */
export const ops: { readonly [Name in ClientOp]: Op<Name> } = {
  auth: {
    summary: 'Log in, or renew the login',
    answers: ['ready'],
    isBuyers: false,
    run: ({ logIn }, connection, { token }) => logIn(connection, token),
  },

  watch: {
    summary: 'Follow a sale; no login needed',
    answers: ['sale'],
    isBuyers: false,
    run: async ({ engine, turns }, connection, { saleId }) => {
      const sale = await findSale(engine.sales, saleId);
      if (isRefusal(sale)) return sale;
      const { ws } = connection;
      const isNew = ws !== null && !ws.isSubscribed(topicOf(saleId));
      if (isNew && connection.watched >= watchedMax) {
        return refuse('rate_limited', { detail: `A socket may watch at most ${watchedMax} sales.` });
      }
      // Subscribed before the sale is read, so that no change falls in between.
      if (isNew && ws.subscribe(topicOf(saleId))) connection.watched += 1;
      const sent = () => void turns.watches(sale, connection);
      return { ev: 'sale', body: saleView(sale), ...(isNew ? { sent } : {}) };
    },
  },

  unwatch: {
    summary: 'Stop following a sale; answers with a last look at it',
    answers: ['sale'],
    isBuyers: false,
    run: async ({ engine, turns, stoppedWatching }, connection, { saleId }) => {
      if (connection.ws?.unsubscribe(topicOf(saleId))) {
        connection.watched -= 1;
        turns.unwatched(saleId, connection);
        if (connection.watched === 0) stoppedWatching(connection);
      }
      const sale = await findSale(engine.sales, saleId);
      return isRefusal(sale) ? sale : { ev: 'sale', body: saleView(sale) };
    },
  },

  join: {
    summary: 'Take a place in the waiting room, or show the one that this buyer has',
    answers: ['ticket'],
    isBuyers: true,
    run: async ({ engine, turns }, connection, { op: _, ref: _ref, saleId, ...shown }, { buyerId }) => {
      const reply = await joinSale(engine, buyerId, saleId, shown);
      if (isRefusal(reply)) return reply;
      const sale = await engine.sales.find(saleId);
      return {
        ev: 'ticket',
        body: reply.body,
        sent: () => {
          if (sale && connection.presence) turns.joined(sale, connection.presence, reply.body);
        },
      };
    },
  },

  leave: {
    summary: 'Give the place up, for good',
    answers: ['left'],
    isBuyers: true,
    run: async ({ engine, turns }, _, { saleId }, buyer) => {
      const reply = await leaveSale(engine, buyer.buyerId, saleId);
      if (isRefusal(reply)) return reply;
      turns.forget(saleId, buyer);
      return { ev: 'left', body: { saleId } };
    },
  },

  reserve: {
    summary: 'Hold units, and get what pays for them',
    answers: ['reserved', 'standby'],
    isBuyers: true,
    run: async ({ engine, turns }, connection, { saleId, ticket, items }, { buyerId }) => {
      const reply = await reserveUnits(engine, buyerId, saleId, {
        items,
        ...(ticket === undefined ? {} : { ticket }),
      });
      if (isRefusal(reply)) return reply;
      if (reply.status !== 202) {
        const { id } = reply.body.reservation;
        return { ev: 'reserved', body: reply.body, sent: () => connection.noteTold(id) };
      }
      const sale = await engine.sales.find(saleId);
      if (sale && connection.presence) turns.standsBy(sale, connection.presence);
      return { ev: 'standby', body: reply.body };
    },
  },

  release: {
    summary: 'Give the units back',
    answers: ['released'],
    isBuyers: true,
    run: async ({ engine }, _, { reservationId }, { buyerId }) => {
      const reply = await releaseReservation(engine, buyerId, reservationId);
      return isRefusal(reply) ? reply : { ev: 'released', body: { reservationId } };
    },
  },

  pay: {
    summary: 'Pay; the outcome follows as another `order`, without `ref`',
    answers: ['order'],
    isBuyers: true,
    run: async (
      { counter },
      { email },
      { op: _, ref: _ref, checkoutId, idempotencyKey, ...body },
      { buyerId },
    ) => {
      const asked = { requestId: newId('req'), checkoutId, buyerId, email, idempotencyKey, body };
      const reply = await counter.pay({ ...asked, waitSeconds: 0 });
      if (isRefusal(reply)) return reply;
      if (reply.status < 400) return { ev: 'order', body: reply.body as object };
      // A stored refusal is said again as it was; on a socket it has no status.
      const { status: _httpOnly, ...problem } = reply.body as { status?: number };
      return { ev: 'error', body: problem };
    },
  },

  ping: {
    summary: 'Ask for a sign of life',
    answers: ['pong'],
    isBuyers: false,
    run: () => ({ ev: 'pong', body: {} }),
  },
};
