import type { Exchange } from './exchange.ts';

/**
 * The exchanges that have no answer yet, and what ends those that never would get one: uWebSockets.js stops
 * its own timer once a request is complete, and says nothing when it cuts a body short.
 */
export class OpenExchanges {
  readonly #open = new Set<Exchange>();
  readonly #onOverdue: (exchange: Exchange) => void;

  constructor(onOverdue: (exchange: Exchange) => void) {
    this.#onOverdue = onOverdue;
  }

  get count(): number {
    return this.#open.size;
  }

  add(exchange: Exchange): void {
    this.#open.add(exchange);
  }

  readonly forget = (exchange: Exchange): void => {
    this.#open.delete(exchange);
  };

  /** Ends what is overdue at `nowMs`. */
  runOnce(nowMs: number): void {
    for (const exchange of this.#open) {
      if (exchange.deadlineMs <= nowMs) this.#onOverdue(exchange);
    }
  }
}
