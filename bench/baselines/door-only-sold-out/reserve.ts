import { refuse } from '../../../engine/contracts/errors.ts';
import type { Decision, ReserveRequest } from '../../../engine/reservation/reserve.ts';

/** The refusal without the decision: the door after the end, with Redis gone. */
export function reserver(): (request: ReserveRequest) => Promise<Decision> {
  return async () => refuse('sold_out');
}
