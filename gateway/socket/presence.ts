import type { Connection } from './connection.ts';

/** A buyer who has at least one socket on this gateway. */
export interface Presence {
  buyerId: string;
  connections: Connection[];
  /** Index in the waiting room by sale, of those where this buyer is known to have one; null where there is no room. */
  places: Map<string, number | null> | null;
}

/** Which buyers are on this gateway, and on which sockets. */
export class Presences {
  readonly #byBuyer = new Map<string, Presence>();
  readonly #onGone: ((presence: Presence) => void)[] = [];

  get count(): number {
    return this.#byBuyer.size;
  }

  /** Called when a buyer's last socket has closed. */
  onGone(listener: (presence: Presence) => void): void {
    this.#onGone.push(listener);
  }

  of(buyerId: string): Presence | undefined {
    return this.#byBuyer.get(buyerId);
  }

  attach(connection: Connection, buyerId: string): Presence {
    let presence = this.#byBuyer.get(buyerId);
    if (!presence) {
      presence = { buyerId, connections: [], places: null };
      this.#byBuyer.set(buyerId, presence);
    }
    presence.connections.push(connection);
    connection.presence = presence;
    return presence;
  }

  detach(connection: Connection): void {
    const { presence } = connection;
    if (!presence) return;
    connection.presence = null;
    presence.connections.splice(presence.connections.indexOf(connection), 1);
    if (presence.connections.length > 0) return;
    this.#byBuyer.delete(presence.buyerId);
    for (const listener of this.#onGone) listener(presence);
  }

  /** To every socket of that buyer here that has not been told of it, nor of the `end` that it led to. */
  sendOnce(buyerId: string, text: string, what: string, end: string | null = null): void {
    for (const connection of this.#byBuyer.get(buyerId)?.connections ?? [])
      connection.sendOnce(text, what, end);
  }

  /** To every socket of that buyer here; nothing where there is none. */
  send(buyerId: string, text: string): void {
    for (const connection of this.#byBuyer.get(buyerId)?.connections ?? []) connection.send(text);
  }
}
