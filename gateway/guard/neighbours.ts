/** The sockets that one address has open; they share a limit, and a text of it instead of one each. */
export interface Neighbours {
  readonly key: string;
  open: number;
}

/** How many sockets each address has open, and that none has more than its share. */
export class Neighbourhood {
  readonly #most: number;
  readonly #byKey = new Map<string, Neighbours>();

  constructor(most: number) {
    this.#most = most;
  }

  /** One more of that key, or null where that would be too many. */
  enter(key: string): Neighbours | null {
    let neighbours = this.#byKey.get(key);
    if (!neighbours) {
      neighbours = { key, open: 0 };
      this.#byKey.set(key, neighbours);
    }
    if (neighbours.open >= this.#most) return null;
    neighbours.open += 1;
    return neighbours;
  }

  /** One of them has closed. */
  leave(neighbours: Neighbours): void {
    neighbours.open -= 1;
    if (neighbours.open === 0) this.#byKey.delete(neighbours.key);
  }
}
