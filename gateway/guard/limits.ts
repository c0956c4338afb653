import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Settings } from '../../engine/contracts/settings.ts';
import { isLoopback, limitKeyOf } from './address.ts';
import { Quota, type Taken } from './quota.ts';

/** What the limits say of one request: the headers' values, and the refusal where one is spent. */
export interface Allowance {
  policy: string;
  item: string;
  refusal: Refusal | null;
}

/** The limits at the door. What belongs to a reservation (how many units, how many turns) is decided in Lua. */
export class Limits {
  readonly #addresses: Quota;
  readonly #buyers: Quota;
  readonly #isLoopbackExempt: boolean;

  constructor(
    settings: Pick<
      Settings,
      'RATE_BUYER_PER_SECOND' | 'RATE_BUYER_BURST' | 'RATE_ADDRESS_PER_SECOND' | 'RATE_ADDRESS_BURST'
    >,
    options: { isLoopbackExempt: boolean },
  ) {
    this.#addresses = new Quota('address', settings.RATE_ADDRESS_PER_SECOND, settings.RATE_ADDRESS_BURST);
    this.#buyers = new Quota('buyer', settings.RATE_BUYER_PER_SECOND, settings.RATE_BUYER_BURST);
    this.#isLoopbackExempt = options.isLoopbackExempt;
  }

  /** Null where the address is exempt. */
  address(address: string): Allowance | null {
    if (this.#isLoopbackExempt && isLoopback(address)) return null;
    return this.#allow(this.#addresses, this.#addresses.take(limitKeyOf(address)), 'from this address');
  }

  buyer(buyerId: string): Allowance {
    return this.#allow(this.#buyers, this.#buyers.take(buyerId), 'by this buyer');
  }

  #allow(quota: Quota, taken: Taken, whose: string): Allowance {
    const { isAllowed, item, retryAfterSeconds } = taken;
    const { policy } = quota;
    if (isAllowed) return { policy, item, refusal: null };
    const detail = `Too many requests ${whose}: try again in ${retryAfterSeconds} s.`;
    return { policy, item, refusal: refuse('rate_limited', { detail, retryAfterSeconds }) };
  }
}
