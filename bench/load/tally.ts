import { Latency, type Measure } from './latency.ts';
import { noOutcomes, type Outcome, type OutcomeCounts } from './outcomes.ts';
import type { Visit } from './visit.ts';

/** An order that a client was told is confirmed. */
export interface SeenConfirmed {
  buyerId: string;
  orderId: string;
}

/** A hold that a client was told of, and that was gone before the time that was said. */
export interface LostHold {
  buyerId: string;
  reservationId: string;
  /** Until when it was to last, as ISO 8601. */
  expiresAt: string;
  /** How the client came to know. */
  how: 'another was given' | 'nobody knew it';
  /** When, ms since 1970. */
  atMs: number;
}

/** Things that happened on the way; none of them is an outcome. */
export const incidents = [
  'doubleClicks',
  'plannedDrops',
  'lostConnections',
  'declinedCards',
  'abandonedPayments',
  'stoodBy',
  'lapsedHolds',
  /** Told of a hold, and then that there never was one. */
  'lostHolds',
  'askedAgain',
  'askedByBank',
] as const;
export type Incident = (typeof incidents)[number];

/** What a load process tells while it runs. */
export interface Progress {
  joined: number;
  holding: number;
  paying: number;
  outcomes: OutcomeCounts;
  reserveP99Ms: number;
  confirmP50Ms: number;
  confirmP99Ms: number;
}

/** What a load process hands over at its end. */
export interface RushResult {
  outcomes: OutcomeCounts;
  confirmed: SeenConfirmed[];
  /** How many were told so in each second since 1970 in which anybody was. */
  confirmedBySecond: Record<string, number>;
  /** When clients were told of each reservation, ms since 1970. */
  reservedAtMs: number[];
  /** The first few of them; `incidents` counts all. */
  lostHolds: LostHold[];
  incidents: Record<Incident, number>;
  /** How often each code was refused with, repeats included. */
  refusals: Record<string, number>;
  /** Why buyers failed, with how many did; the first few kinds. */
  failures: Record<string, number>;
  latency: Record<Measure, string>;
}

/** More kinds of failure than this are one bug told in many words. */
const failureKindsMax = 20;
const lostHoldsMax = 20;

/** The book of one load process. */
export class Tally {
  readonly latency = new Latency();
  readonly #confirmed: SeenConfirmed[] = [];
  readonly #confirmedBySecond: Record<string, number> = {};
  readonly #reservedAtMs: number[] = [];
  readonly #lostHolds: LostHold[] = [];
  joined = 0;
  holding = 0;
  paying = 0;
  readonly #outcomes = noOutcomes();
  readonly #incidents: Record<Incident, number>;
  readonly #refusals: Record<string, number> = {};
  readonly #failures: Record<string, number> = {};

  constructor() {
    this.#incidents = Object.fromEntries(incidents.map((name) => [name, 0])) as Record<Incident, number>;
  }

  /** Whoever is in the shop, until they have an outcome. */
  readonly inside = new Set<Visit>();

  outcome(outcome: Outcome, count = 1): void {
    this.#outcomes[outcome] += count;
  }

  /** That a client was told so, now. */
  sawConfirmed(seen: SeenConfirmed): void {
    this.#confirmed.push(seen);
    const second = Math.floor(Date.now() / 1000);
    this.#confirmedBySecond[second] = (this.#confirmedBySecond[second] ?? 0) + 1;
  }

  /** That a client was told of a reservation, now. */
  sawReserved(): void {
    this.#reservedAtMs.push(Date.now());
  }

  /** That a hold is gone which a client was told of, now. */
  sawLost(hold: Omit<LostHold, 'atMs'>): void {
    this.incident('lostHolds');
    if (this.#lostHolds.length < lostHoldsMax) this.#lostHolds.push({ ...hold, atMs: Date.now() });
  }

  incident(name: Incident): void {
    this.#incidents[name]++;
  }

  refusal(code: string): void {
    this.#refusals[code] = (this.#refusals[code] ?? 0) + 1;
  }

  failure(reason: string): void {
    const known = reason in this.#failures || Object.keys(this.#failures).length < failureKindsMax;
    const kind = known ? reason : 'other reasons';
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
  }

  progress(): Progress {
    const confirm = this.latency.percentiles('confirm');
    return {
      joined: this.joined,
      holding: this.holding,
      paying: this.paying,
      outcomes: { ...this.#outcomes },
      reserveP99Ms: this.latency.percentiles('reserve').p99,
      confirmP50Ms: confirm.p50,
      confirmP99Ms: confirm.p99,
    };
  }

  result(): RushResult {
    return {
      outcomes: this.#outcomes,
      confirmed: this.#confirmed,
      confirmedBySecond: this.#confirmedBySecond,
      reservedAtMs: this.#reservedAtMs,
      lostHolds: this.#lostHolds,
      incidents: this.#incidents,
      refusals: this.#refusals,
      failures: this.#failures,
      latency: this.latency.encoded(),
    };
  }
}
