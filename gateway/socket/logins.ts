import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import type { Authenticate, Principal } from '../guard/authentication.ts';
import { type Connection, closeCodes } from './connection.ts';
import type { Answer } from './ops.ts';
import type { Presences } from './presence.ts';

/** The server pings a socket that was silent for so long; one that does not answer within 8 s more is closed. */
export const heartbeatSeconds = 20;

/** A socket has to log in or watch a sale within this time. */
const provenWithinMs = 5_000;

/**
 * Who is who on the sockets, and until when. One look over the sockets instead of a timer each: 20,000 timers
 * would cost more than all the buyers' frames.
 */
export class Logins {
  readonly #presences: Presences;
  readonly #authenticate: Authenticate;
  /** Neither logged in nor watching, the longest first. */
  readonly #unproven = new Set<Connection>();
  readonly #loggedIn = new Set<Connection>();
  readonly #onLogin: (connection: Connection) => void;
  #nextExpiryMs = Number.POSITIVE_INFINITY;

  /** `onLogin` hears of each socket once, when somebody has logged in on it. */
  constructor(presences: Presences, authenticate: Authenticate, onLogin: (connection: Connection) => void) {
    this.#presences = presences;
    this.#authenticate = authenticate;
    this.#onLogin = onLogin;
  }

  opened(connection: Connection, nowMs: number): void {
    connection.idleSinceMs = nowMs;
    this.#unproven.add(connection);
  }

  /** It has to prove itself anew, unless somebody is logged in on it. */
  stoppedWatching(connection: Connection, nowMs: number): void {
    if (connection.presence) return;
    this.#unproven.delete(connection);
    this.opened(connection, nowMs);
  }

  closed(connection: Connection): void {
    this.#unproven.delete(connection);
    this.#loggedIn.delete(connection);
    this.#presences.detach(connection);
  }

  async logIn(connection: Connection, token: string): Promise<Answer | Refusal> {
    const principal = await this.#authenticate(token);
    return principal.kind === 'refused' ? principal : this.#welcome(connection, principal);
  }

  /** Closes whom nobody knows in time, and whose token has expired. */
  runOnce(nowMs: number): void {
    for (const connection of this.#unproven) {
      if (connection.idleSinceMs + provenWithinMs > nowMs) break;
      this.#unproven.delete(connection);
      if (connection.watched === 0) connection.close(closeCodes.unauthenticated);
    }
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const connection of this.#loggedIn) {
      if (connection.isExpired(nowMs)) connection.close(closeCodes.unauthenticated);
      else this.#nextExpiryMs = Math.min(this.#nextExpiryMs, connection.expiresAtMs);
    }
  }

  #welcome(connection: Connection, { buyerId, email, expiresAtMs }: Principal): Answer | Refusal {
    const { presence } = connection;
    if (presence && presence.buyerId !== buyerId) {
      return refuse('forbidden', {
        detail: 'Another buyer is logged in on this socket: open one of your own.',
      });
    }
    // The socket may have closed while the token was looked at.
    if (!presence && connection.ws) {
      this.#presences.attach(connection, buyerId);
      this.#loggedIn.add(connection);
      this.#unproven.delete(connection);
      this.#onLogin(connection);
    }
    connection.email = email;
    connection.expiresAtMs = expiresAtMs;
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs);
    return { ev: 'ready', body: { buyerId, sessionId: newId('ses'), heartbeatSeconds } };
  }
}
