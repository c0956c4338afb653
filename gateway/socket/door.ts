import { refuse } from '../../engine/contracts/errors.ts';
import type { Engine } from '../../engine/surface.ts';
import { lineOf, refusalOfAbsence } from '../guard/absence.ts';
import type { TrustedProxies } from '../guard/address.ts';
import type { Authenticate } from '../guard/authentication.ts';
import type { Limits } from '../guard/limits.ts';
import { isRefusal } from '../http/refusal.ts';
import type { TemplatedApp, WebSocket } from '../http/uws.ts';
import type { PaymentCounter } from '../routes/pay.ts';
import { Broadcasts, watchedOn } from './broadcasts.ts';
import { type Connection, closeCodes, type SocketData } from './connection.ts';
import { encodeError, encodeEvent } from './frames.ts';
import { heartbeatSeconds, Logins } from './logins.ts';
import { Presences } from './presence.ts';
import { Pushes } from './pushes.ts';
import { Reception } from './reception.ts';
import { Turns } from './turns.ts';
import { upgrade } from './upgrade.ts';

export interface DoorParts {
  app: TemplatedApp;
  engine: Engine;
  counter: PaymentCounter;
  authenticate: Authenticate;
  limits: Limits | null;
  proxies: TrustedProxies;
  /** Sockets beyond this are refused: an accepted connection that no file is left for harms all others. */
  socketsMax: number;
  log: { error(details: object, message: string): void };
}

/**
 * uWebSockets.js drops a connection without a word when a frame is over its limit, so ours is above the
 * protocol's: what lies between is read and answered with 1009. It is also what one socket can make us keep.
 */
const payloadBytesMax = 1024 * 1024 + 1024;

/** What a socket may leave unread before it is cut off. */
const backpressureBytesMax = 64 * 1024;

/** Sockets closed in one turn of the event loop, so that each close frame gets out. */
const farewellsMax = 500;
const farewellPauseMs = 10;

/** `/ws`: sockets from the handshake to the goodbye. */
export class SocketDoor {
  readonly #parts: DoorParts;
  readonly #open = new Set<Connection>();
  readonly #logins: Logins;
  readonly #turns: Turns;
  readonly #broadcasts: Broadcasts;
  readonly #reception: Reception;
  #isDraining = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
    const { app, engine, authenticate } = parts;
    const onError = (error: unknown) => this.#failed(error);
    const presences = new Presences();
    this.#turns = new Turns(engine, presences, onError);
    this.#logins = new Logins(presences, authenticate, (connection) => {
      this.#watchesAlready(connection).catch(onError);
    });
    this.#broadcasts = new Broadcasts(app, engine.sales);
    new Pushes(engine, presences, this.#turns, onError);
    this.#reception = new Reception({
      ...parts,
      turns: this.#turns,
      logIn: (connection, token) => this.#logins.logIn(connection, token),
      stoppedWatching: (connection) => this.#logins.stoppedWatching(connection, Date.now()),
    });
    app.ws<SocketData>('/ws', {
      maxPayloadLength: payloadBytesMax,
      maxBackpressure: backpressureBytesMax,
      closeOnBackpressureLimit: true,
      idleTimeout: heartbeatSeconds + 8,
      sendPingsAutomatically: true,
      compression: 0,
      upgrade: (res, req, context) => {
        upgrade({ ...parts, refusalOfLoad: () => this.#refusalOfLoad() }, res, req, context).catch(onError);
      },
      open: (ws) => this.#opened(ws),
      message: (ws, bytes, isBinary) => {
        this.#reception.receive(ws.getUserData().connection, bytes, isBinary);
      },
      close: (ws) => this.#closed(ws.getUserData().connection),
    });
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Several times a second: what has changed in the sales. */
  broadcast(): void {
    this.#broadcasts.runOnce();
  }

  /** Every second: who may not stay. */
  dismiss(nowMs: number): void {
    this.#logins.runOnce(nowMs);
  }

  /** Every ten seconds: who is still there. */
  async speakForTheWaiting(): Promise<void> {
    await this.#turns.runOnce().catch((error: unknown) => this.#failed(error));
  }

  /** Tells every socket to come back to another gateway, some at a time. */
  async farewell(): Promise<void> {
    this.#isDraining = true;
    const connections = [...this.#open];
    for (let at = 0; at < connections.length; at += farewellsMax) {
      for (const connection of connections.slice(at, at + farewellsMax))
        connection.close(closeCodes.restarting);
      await new Promise((resolve) => setTimeout(resolve, farewellPauseMs));
    }
  }

  #refusalOfLoad() {
    if (this.#isDraining) return refuse('unavailable', { detail: 'This gateway is going down; come back.' });
    const isFull = this.#open.size >= this.#parts.socketsMax;
    return isFull ? refuse('overloaded', { detail: 'No more sockets here.', retryAfterSeconds: 2 }) : null;
  }

  #opened(ws: WebSocket<SocketData>): void {
    const { connection } = ws.getUserData();
    connection.ws = ws;
    this.#open.add(connection);
    this.#logins.opened(connection, Date.now());
    const { handshakeToken } = connection;
    connection.handshakeToken = null;
    if (handshakeToken !== null) void this.#logInByHandshake(connection, handshakeToken);
  }

  /** Browsers do not see why a handshake was refused, so a token that came with it is refused on the socket. */
  async #logInByHandshake(connection: Connection, token: string): Promise<void> {
    try {
      const answer = await this.#logins.logIn(connection, token);
      if (isRefusal(answer)) {
        connection.send(encodeError(answer));
        connection.close(closeCodes.unauthenticated);
      } else {
        connection.send(encodeEvent(answer.ev, answer.body));
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Whoever watched before they logged in has a place in those sales, perhaps. */
  async #watchesAlready(connection: Connection): Promise<void> {
    for (const saleId of connection.ws ? watchedOn(connection.ws) : []) {
      const sale = await this.#parts.engine.sales.find(saleId);
      if (sale) void this.#turns.watches(sale, connection);
    }
  }

  #closed(connection: Connection): void {
    connection.ws = null;
    this.#open.delete(connection);
    if (connection.neighbours) this.#parts.limits?.leave(connection.neighbours);
    this.#turns.closed(connection);
    this.#logins.closed(connection);
  }

  #failed(error: unknown): void {
    if (!refusalOfAbsence(error))
      this.#parts.log.error({ err: error }, `a socket's business failed: ${lineOf(error)}`);
  }
}
