import type { Operator } from '../demo/operator.ts';
import type { Arrange, System } from '../demo/system.ts';
import type { Absence, AwayKind } from './absence.ts';

/** Where a fault strikes: a running system with one sale. */
export interface Scene {
  system: System;
  operator: Operator;
  saleId: string;
  /** The drill's dice, [0, 1): the same seed throws the same numbers. */
  next: () => number;
}

/** Something that goes wrong, again and again, until it is called off. */
export interface Fault {
  /**
   * Strikes once. Resolves with what was hit, `what` or `what: how`, or null where there was nothing to hit.
   * Whoever was away and is back says from when to when: its recovery counts from its return.
   */
  strike(): Promise<string | { what: string; absence: Absence } | null>;
  /** Undoes what lasts: called once, after the last strike. */
  end?(): Promise<void>;
}

/** What the command line said about a drill; null: the drill decides. */
export interface Given {
  awaySeconds: number | null;
  awayKind: AwayKind | null;
  minutes: number | null;
}

export interface Drill {
  name: string;
  summary: string;
  /** How long things are left alone between two strikes: from, to. */
  pauseMs: readonly [from: number, to: number];
  /** How long the sale takes at least, so that there is time for several strikes. */
  sellingSecondsMin: number;
  /** Who comes: a rush into a waiting room, unless buyers come evenly to a sale without one that sells slowly. */
  crowd?: 'paced';
  /** What the sale of a paced crowd does while Redis is away: refuse, unless this says otherwise. */
  whenRedisIsDown?: 'slow';
  /** How long one run lasts unless the command line says otherwise; no process may grow meanwhile. */
  soakMinutes?: number;
  /** True where what Redis has acknowledged is lost, or passed over: a hold that nobody had journaled yet may be gone. */
  mayLoseHolds?: true;
  /** Resolves with a fresh fault of one run. Throws `DrillFailure` where this machine cannot have it. */
  prepare(next: () => number, seed: number, given: Given): Promise<Preparation>;
}

export interface Preparation {
  /** Stands between the system and its stores, or prepares its data directory. */
  arrange?: Arrange;
  begin(scene: Scene): Promise<Fault>;
  /** Whatever `arrange` left behind; called once the system is stopped. */
  clean?(): Promise<void>;
}

/** A drill that could not be run; its message is all that the reader needs. */
export class DrillFailure extends Error {}

/** An element by the dice. */
export const pick = <T>(list: readonly T[], next: () => number): T | undefined =>
  list[Math.floor(next() * list.length)];

/** A number of `[from, to)` by the dice. */
export const between = (from: number, to: number, next: () => number): number => from + next() * (to - from);
