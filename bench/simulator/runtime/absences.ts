import { Overloaded, RedisUnavailable } from '../../../engine/index.ts';
import { isAway } from '../../../persistence/postgres/errors.ts';

/** Whether a task may end with that: a store did not answer, which is for somebody to try again. */
export const isForeseen = (error: unknown): boolean =>
  error instanceof RedisUnavailable ||
  error instanceof Overloaded ||
  isAway(error) ||
  (error instanceof Error && error.message === 'Connection is closed.');
