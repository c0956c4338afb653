import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Settings } from '../../engine/contracts/settings.ts';
import { isLoopback, limitKeyOf } from './address.ts';
import { Neighbourhood, type Neighbours } from './neighbours.ts';
import { Quota, type Taken } from './quota.ts';

/** What the limits say of one request: the headers' values, and the refusal where one is spent. */
export interface Allowance {
  policy: string;
  item: string;
  refusal: Refusal | null;
}

/**
 * Sockets that an address may have open for each request that it may make at once: one follows the other, so whoever
 * lets many in from one address has to say it once only.
 */
const socketsPerRequest = 10;

/** Frames that no buyer's limit counts, for each request: a socket that comes back logs in and watches a sale or two. */
const framesPerRequest = 4;

/** The limits at the door. What belongs to a reservation (how many units, how many turns) is decided in Lua. */
export class Limits {
  readonly #addresses: Quota;
  readonly #buyers: Quota;
  readonly #frames: Quota;
  readonly #sockets: Neighbourhood;
  readonly #isLoopbackExempt: boolean;

  constructor(
    settings: Pick<
      Settings,
      | 'RATE_BUYER_PER_SECOND'
      | 'RATE_BUYER_BURST'
      | 'RATE_ADDRESS_PER_SECOND'
      | 'RATE_ADDRESS_BURST'
      | 'SOCKETS_PER_ADDRESS'
    >,
    options: { isLoopbackExempt: boolean },
  ) {
    const { RATE_ADDRESS_PER_SECOND: perSecond, RATE_ADDRESS_BURST: burst } = settings;
    this.#addresses = new Quota('address', perSecond, burst);
    this.#frames = new Quota('frames', perSecond * framesPerRequest, burst * framesPerRequest);
    const atOnce = Math.max(perSecond, burst);
    this.#sockets = new Neighbourhood(settings.SOCKETS_PER_ADDRESS ?? atOnce * socketsPerRequest);
    this.#buyers = new Quota('buyer', settings.RATE_BUYER_PER_SECOND, settings.RATE_BUYER_BURST);
    this.#isLoopbackExempt = options.isLoopbackExempt;
  }

  /** Null where the address is exempt. */
  address(address: string): Allowance | null {
    if (this.#isLoopbackExempt && isLoopback(address)) return null;
    return this.#allow(this.#addresses, this.#addresses.take(limitKeyOf(address)), 'from this address');
  }

  /** Who a new socket shares its address with, or why it is one too many; null where the address is exempt. */
  enter(address: string): Neighbours | Refusal | null {
    if (this.#isLoopbackExempt && isLoopback(address)) return null;
    const detail = 'Too many sockets are open from this address: close one of them.';
    return (
      this.#sockets.enter(limitKeyOf(address)) ?? refuse('rate_limited', { detail, retryAfterSeconds: 5 })
    );
  }

  /** One of them has closed. */
  leave(neighbours: Neighbours): void {
    this.#sockets.leave(neighbours);
  }

  /** Of a frame that counts for no buyer. */
  frame({ key }: Neighbours): Allowance {
    return this.#allow(this.#frames, this.#frames.take(key), 'from this address');
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
