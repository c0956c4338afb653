import type { OrderId } from '../../engine/contracts/ids.ts';
import type { Push } from '../../engine/contracts/outcomes.ts';
import type { Engine } from '../../engine/surface.ts';

export type OrderPush = Extract<Push, { ev: 'order' }>;

/** Hears of outcomes of orders, for whoever waits for one on this gateway. */
export class OutcomeWatch {
  readonly #listeners = new Map<OrderId, Set<(push: OrderPush) => void>>();

  constructor(engine: Pick<Engine, 'onPush'>) {
    engine.onPush((push) => {
      if (push.ev !== 'order') return;
      for (const listener of this.#listeners.get(push.orderId) ?? []) listener(push);
    });
  }

  /** Begins to listen at once, so that nothing is missed between asking and waiting. Call `stop` in the end. */
  watch(orderId: OrderId): WatchedOutcome {
    const heard: OrderPush[] = [];
    let wake = () => {};
    const listener = (push: OrderPush) => {
      heard.push(push);
      wake();
    };
    const listeners = this.#listeners.get(orderId) ?? new Set();
    this.#listeners.set(orderId, listeners.add(listener));
    return {
      next: (forMs) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => resolve(null), forMs);
          wake = () => {
            clearTimeout(timer);
            resolve(heard.shift() ?? null);
          };
          if (heard.length > 0) wake();
        }),
      stop: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listeners.delete(orderId);
      },
    };
  }
}

export interface WatchedOutcome {
  /** The next outcome that was not returned yet, or null when none came in that time. */
  next(forMs: number): Promise<OrderPush | null>;
  stop(): void;
}
