import type { PutOff } from '../queues/row-queue.ts';

/** So many deliveries are under way at once in a worker. */
export const deliveriesAtOnce = 32;

/**
 * Of these so many are for whoever comes first, so that an endpoint that is alone is as quick as it can be (1,500
 * deliveries at 50 ms each: 8 s; by its share alone 25 s); beyond them none has more than its share.
 */
export const firstComersMax = 16;
const shareMax = 4;

/** Whoever is put off comes back before an endpoint that is well again would have nothing to do for long. */
const pauseMsMax = 10_000;
const pauseMsMin = 10;

/** A place in the share of an endpoint, until `giveBack`; or none, and for how long not to ask again. */
export type Turn = { kind: 'taken'; giveBack(): void } | PutOff;

interface Share {
  underWay: Set<{ beganMs: number }>;
  /** How long the last exchange took. */
  lastMs: number;
  /** When the last one that was put off comes back. */
  backMs: number;
}

/**
 * Gives each endpoint its share of what a worker has under way, so that one that accepts connections and says nothing
 * keeps no other waiting. Who is put off comes back at the pace at which the endpoint answers, one after the other: a
 * quick one gets its next at once, and for a silent one nobody looks again and again.
 */
export function sharesOf(): (endpointId: string) => Turn {
  // Of those that have something under way: nothing is kept of an endpoint that is done or removed.
  const shares = new Map<string, Share>();
  let underWay = 0;
  return (endpointId) => {
    const nowMs = performance.now();
    const share = shares.get(endpointId) ?? { underWay: new Set(), lastMs: 0, backMs: 0 };
    const [oldest] = share.underWay;
    if (oldest && share.underWay.size >= shareMax && underWay >= firstComersMax) {
      const exchangeMs = Math.max(share.lastMs, nowMs - oldest.beganMs, pauseMsMin);
      const backMs = Math.max(share.backMs, nowMs) + exchangeMs / share.underWay.size;
      share.backMs = Math.min(backMs, nowMs + pauseMsMax);
      return { kind: 'put_off', forMs: share.backMs - nowMs };
    }
    const exchange = { beganMs: nowMs };
    share.underWay.add(exchange);
    shares.set(endpointId, share);
    underWay += 1;
    return {
      kind: 'taken',
      giveBack() {
        share.lastMs = performance.now() - exchange.beganMs;
        share.underWay.delete(exchange);
        underWay -= 1;
        if (share.underWay.size === 0) shares.delete(endpointId);
      },
    };
  };
}
