import { refuse } from '../../../engine/contracts/errors.ts';
import type { Decision, ReserveRequest } from '../../../engine/reservation/reserve.ts';
import { inBursts } from '../in-bursts.ts';

/** The refusal without the decision: the door after the end, with Redis gone. */
export function reserver(): (request: ReserveRequest) => Promise<Decision> {
  return () => inBursts(() => refuse('sold_out'));
}
