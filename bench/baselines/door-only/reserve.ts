import { newReservationId } from '../../../engine/contracts/ids.ts';
import type { Decision, ReserveRequest } from '../../../engine/reservation/reserve.ts';
import { inBursts } from '../in-bursts.ts';

/** One for all, like everything that Redis would have answered. */
const deadlineMs = Date.now() + 3_600_000;

/**
 * The door without the decision: everybody gets a unit, and nobody was asked. The id is drawn as ever,
 * because it is part of the reply and of the token that is signed; batch, script and Redis are gone.
 */
export function reserver(): (request: ReserveRequest) => Promise<Decision> {
  return ({ saleNumber }) => {
    const id = newReservationId(saleNumber);
    return inBursts(() => ({ kind: 'held', fresh: true, id, state: 'held', deadlineMs }));
  };
}
