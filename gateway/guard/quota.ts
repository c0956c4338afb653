import { Windows } from './windows.ts';

export interface Taken {
  isAllowed: boolean;
  /** This quota's member of the `RateLimit` header: what is left, and for how many seconds. */
  item: string;
  retryAfterSeconds: number;
}

/**
 * How many requests one caller may make: `burst` in any window of `burst / perSecond` seconds (at least one
 * second), which is `perSecond` in the long run. One counter and no queue, because a refusal must cost less
 * than the request; answered at once and without a timer for each caller, because every request pays it
 * (docs/adr/0011).
 */
export class Quota {
  /** This quota's member of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly policy: string;
  readonly #name: string;
  readonly #points: number;
  readonly #windowMs: number;
  readonly #windows = new Windows();

  constructor(name: string, perSecond: number, burst: number) {
    const points = Math.max(burst, perSecond);
    const duration = points / perSecond;
    this.#name = name;
    this.#points = points;
    this.#windowMs = Math.ceil(duration * 1000);
    this.policy = `"${name}";q=${points};w=${Math.ceil(duration)}`;
  }

  /** `nowMs` is of a clock that nobody sets: a quota must not outlast a correction of the wall clock. */
  take(key: string, monotonicMs = performance.now()): Taken {
    // Whole milliseconds: as fractions, (now + 1000) - now is now and then a hair over 1000, and said 2 s.
    const nowMs = Math.floor(monotonicMs);
    this.#windows.take(key, nowMs, this.#windowMs);
    const { taken, untilMs } = this.#windows;
    const seconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
    return {
      isAllowed: taken <= this.#points,
      item: `"${this.#name}";r=${Math.max(0, this.#points - taken)};t=${seconds}`,
      retryAfterSeconds: seconds,
    };
  }
}
