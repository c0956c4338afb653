import { setTimeout as sleep } from 'node:timers/promises';
import type { Settlement } from '../../engine/surface.ts';
import type { HoldSettlement } from '../workers/hold-settlement.ts';

/** Nobody waits longer to tell a Redis that is away. */
const tellMsMax = 100;

const inTime = async (told: Promise<unknown>): Promise<void> => {
  await Promise.race([told.catch(() => {}), sleep(tellMsMax, null, { ref: false })]);
};

/**
 * What became of payments of slow sales. Their holds lie in Postgres, where payments decide about them, so nothing
 * depends on Redis having heard: it is told in case that the sale is back there by now.
 */
export const toldIfThere = (
  holds: HoldSettlement,
  push: Settlement['push'],
): { holds: HoldSettlement; push: Settlement['push'] } => ({
  holds: {
    async confirm(pin) {
      await inTime(holds.confirm(pin));
      return { kind: 'confirmed' };
    },
    async returnToHeld(pin) {
      await inTime(holds.returnToHeld(pin));
      return { kind: 'not_paying' };
    },
    release: (hold) => inTime(holds.release(hold)),
  },
  push: (told) => inTime(push(told)),
});
