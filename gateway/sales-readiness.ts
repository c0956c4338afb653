import type { Readiness, SaleRegister } from '../engine/contracts/ports.ts';
import type { SaleDirectory } from '../engine/surface.ts';

/** A sale that could not be brought back in this time is damaged, and keeps nobody out of the others. */
const waitMsMax = 30_000;

/**
 * Whether this gateway has every sale that has not ended. After a restart of Redis a sale is not believed until workers
 * have begun its next epoch, and a gateway that starts meanwhile does not know it. Once all were there it is ready for
 * good: what is created later is served as soon as Redis has it.
 */
export function salesReadiness(
  sales: Pick<SaleDirectory, 'find'>,
  register: Pick<SaleRegister, 'liveIds'>,
): Readiness {
  const untilMs = performance.now() + waitMsMax;
  let isReady = false;
  return {
    async check() {
      if (isReady) return null;
      const ids = await register.liveIds();
      const looks = await Promise.allSettled(ids.map(async (id) => sales.find(id)));
      const away = ids.filter((_, at) => {
        const look = looks[at];
        return look?.status !== 'fulfilled' || look.value === null;
      });
      isReady = away.length === 0 || performance.now() >= untilMs;
      return isReady ? null : `not loaded yet: ${away.join(', ')}`;
    },
  };
}
