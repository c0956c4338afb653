import type { MeasuredLoad } from '../load/measured-load.ts';
import type { Pressure } from '../load/pressure.ts';

/** What a round tells: a rate always, the rest where it is known. */
export type Measured = Pick<MeasuredLoad, 'perSecond'> &
  Partial<MeasuredLoad> &
  Pressure & {
    /** Entries that the relay had not taken over yet at the end. */
    lagEntries?: number;
  };

/** Somebody who takes turns with others in one run. */
export interface Contender {
  name: string;
  /** False where Redis is not asked: what it uses then is the background's. */
  usesRedis: boolean;
  /** What asks it, where that is not the generator of all others. */
  client?: string;
  /** Throws `BrokenInvariant` where an answer was not the expected one. */
  round(seconds: number): Promise<Measured>;
  /** After all rounds: throws `BrokenInvariant` unless all units are where the answers say. */
  audit(): Promise<void>;
}
