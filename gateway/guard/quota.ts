import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export interface Taken {
  isAllowed: boolean;
  /** This quota's member of the `RateLimit` header: what is left, and for how many seconds. */
  item: string;
  retryAfterSeconds: number;
}

/**
 * How many requests one caller may make: `burst` in any window of `burst / perSecond` seconds (at least one
 * second), which is `perSecond` in the long run. One counter and no queue, because a refusal must cost less
 * than the request.
 */
export class Quota {
  /** This quota's member of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly policy: string;
  readonly #name: string;
  readonly #limiter: RateLimiterMemory;

  constructor(name: string, perSecond: number, burst: number) {
    const points = Math.max(burst, perSecond);
    const duration = points / perSecond;
    this.#name = name;
    this.#limiter = new RateLimiterMemory({ points, duration, keyPrefix: '' });
    this.policy = `"${name}";q=${points};w=${Math.ceil(duration)}`;
  }

  async take(key: string): Promise<Taken> {
    try {
      return this.#taken(true, await this.#limiter.consume(key));
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return this.#taken(false, refusal);
      throw refusal;
    }
  }

  #taken(isAllowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): Taken {
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    return {
      isAllowed,
      item: `"${this.#name}";r=${remainingPoints};t=${seconds}`,
      retryAfterSeconds: seconds,
    };
  }
}
