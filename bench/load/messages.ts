import type { RushPart } from './rush.ts';
import type { Progress, RushResult } from './tally.ts';

/** To a load process, over IPC. */
export type ToLoad =
  | { kind: 'begin'; part: RushPart }
  /** Time is up: whoever has no outcome yet is `unfinished`. */
  | { kind: 'stop' };

/** From a load process. */
export type FromLoad =
  | { kind: 'ready' }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'finished'; result: RushResult };
