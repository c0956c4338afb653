import { TokenBuckets } from './token-buckets.ts';

export interface Taken {
  isAllowed: boolean;
  /** This quota's member of the `RateLimit` header: what is left, and in how many seconds all of it is there again. */
  item: string;
  retryAfterSeconds: number;
}

/**
 * How many requests one caller may make: `burst` at once, and `perSecond` in the long run; a burst below the rate
 * is one second's. One moment a caller and no queue, because a refusal must cost less than the request; answered at
 * once and without a timer for each caller, because every request pays it (docs/adr/0011).
 */
export class Quota {
  /** This quota's member of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly policy: string;
  readonly #name: string;
  readonly #buckets: TokenBuckets;

  constructor(name: string, perSecond: number, burst: number) {
    const points = Math.max(burst, perSecond);
    this.#name = name;
    this.#buckets = new TokenBuckets(points, 1_000 / perSecond);
    this.policy = `"${name}";q=${points};w=${Math.ceil(points / perSecond)}`;
  }

  /** `nowMs` is of a clock that nobody sets: a quota must not outlast a correction of the wall clock. */
  take(key: string, monotonicMs = performance.now()): Taken {
    const buckets = this.#buckets;
    const isAllowed = buckets.take(key, Math.floor(monotonicMs));
    return {
      isAllowed,
      item: `"${this.#name}";r=${buckets.left};t=${secondsOf(buckets.fullMs)}`,
      retryAfterSeconds: secondsOf(buckets.nextMs),
    };
  }
}

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));
