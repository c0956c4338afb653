import type { SeedOutcome } from '../run-seed.ts';

/** What a lane is asked for. */
export type LaneOrder =
  /** `only`: which decisions of its schedule, by their places; null for all of them. */
  | { kind: 'simulate'; seed: number; only: readonly number[] | null }
  /** The shortest part of its schedule that breaks the same promise. */
  | { kind: 'shorten'; seed: number };

export type Shortened = Pick<SeedOutcome, 'seed' | 'violation' | 'story'> & {
  kind: 'shortened';
  /** Places of the decisions that are left, and what they are. */
  only: readonly number[];
  sentences: readonly string[];
};

export type Simulated = Omit<SeedOutcome, 'decisions'> & { kind: 'simulated' };

/** What a lane answers. */
export type LaneAnswer = { kind: 'ready' } | Simulated | Shortened;
