import type { Stock, Store } from './store.ts';

/** What the bench asks an opponent beside the requests of buyers. */
export type TillRequest = { sell: Stock } | { taken: Stock };

/** The answer to that, from the store itself. */
export const till =
  (store: Store) =>
  async (request: TillRequest): Promise<{ units: number; holds: number } | null> => {
    if ('taken' in request) return store.taken(request.taken);
    await store.sell(request.sell);
    return null;
  };
