import { Recent } from './recent.ts';

export interface Taken {
  isAllowed: boolean;
  /** This quota's member of the `RateLimit` header: what is left, and for how many seconds. */
  item: string;
  retryAfterSeconds: number;
}

interface Window {
  taken: number;
  untilMs: number;
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
  readonly #windows = new Recent<string, Window>();
  #turnAtMs = 0;

  constructor(name: string, perSecond: number, burst: number) {
    const points = Math.max(burst, perSecond);
    const duration = points / perSecond;
    this.#name = name;
    this.#points = points;
    this.#windowMs = duration * 1000;
    this.policy = `"${name}";q=${points};w=${Math.ceil(duration)}`;
  }

  /** `nowMs` is of a clock that nobody sets: a quota must not outlast a correction of the wall clock. */
  take(key: string, monotonicMs = performance.now()): Taken {
    // Whole milliseconds: as fractions, (now + 1000) - now is now and then a hair over 1000, and said 2 s.
    const nowMs = Math.floor(monotonicMs);
    const window = this.#windowOf(key, nowMs);
    window.taken += 1;
    const seconds = Math.max(1, Math.ceil((window.untilMs - nowMs) / 1000));
    return {
      isAllowed: window.taken <= this.#points,
      item: `"${this.#name}";r=${Math.max(0, this.#points - window.taken)};t=${seconds}`,
      retryAfterSeconds: seconds,
    };
  }

  #windowOf(key: string, nowMs: number): Window {
    if (nowMs >= this.#turnAtMs) {
      // Turns are a window apart at least, so what a second one drops has ended.
      this.#windows.turn();
      this.#turnAtMs = nowMs + this.#windowMs;
    }
    const known = this.#windows.get(key);
    if (known && known.untilMs > nowMs) return known;
    const fresh = { taken: 0, untilMs: nowMs + this.#windowMs };
    this.#windows.set(key, fresh);
    return fresh;
  }
}
