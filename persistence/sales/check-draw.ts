import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { CreateSale, Method } from '../../engine/contracts/wire/sales.ts';
import { parseMoment, type SaleMoments } from './moment.ts';

export interface CheckedDraw {
  /** How long before the opening the entrants are fixed. */
  freezeMs: number;
  beaconAtMs: number | null;
}

/** Where the operator does not say: enough for half a million entrants. */
const freezeMsDefault = 10_000;

const invalid = (field: string, detail: string): Refusal => refuse('invalid_request', { field, detail });

export const isDrawn = (method: Method): boolean => method === 'queue' || method === 'lottery';

/** When the entrants of a sale are fixed, and that there are some by then; or the member that prevents it. */
export function checkDraw(sale: CreateSale, moments: SaleMoments, nowMs: number): CheckedDraw | Refusal {
  const { method, beacon, freezeSeconds } = sale;
  if (!isDrawn(method)) {
    return beacon === undefined
      ? { freezeMs: 0, beaconAtMs: null }
      : invalid('beacon', `Nothing is drawn in a sale of method ${method}, so it waits for no beacon.`);
  }
  const { waitingOpensAtMs, opensAtMs } = moments;
  const gatherMs = opensAtMs - Math.max(waitingOpensAtMs, nowMs);
  if (gatherMs <= 0 && method === 'lottery') {
    return invalid(
      'opensAt',
      'Nobody could enter this lottery: its waiting room has to open before the sale.',
    );
  }
  const freezeMs =
    freezeSeconds === undefined
      ? Math.min(freezeMsDefault, Math.floor(Math.max(0, gatherMs) / 2))
      : freezeSeconds * 1_000;
  if (gatherMs > 0 && freezeMs >= gatherMs) {
    return invalid('freezeSeconds', 'The entrants would be fixed before the waiting room opens.');
  }
  if (beacon === undefined) return { freezeMs, beaconAtMs: null };
  const beaconAtMs = parseMoment(beacon.at);
  if (beaconAtMs === null) return invalid('beacon.at', 'There is no such day.');
  const refusal = checkBeacon(beaconAtMs, freezeMs, moments, nowMs);
  return refusal ? invalid('beacon.at', refusal) : { freezeMs, beaconAtMs };
}

/** A sentence where a beacon that speaks at that time would prove nothing, or come too late; else null. */
export function checkBeacon(
  beaconAtMs: number,
  freezeMs: number,
  { opensAtMs, closesAtMs }: Pick<SaleMoments, 'opensAtMs' | 'closesAtMs'>,
  nowMs: number,
): string | null {
  if (beaconAtMs <= Math.max(opensAtMs - freezeMs, nowMs)) {
    return 'The beacon has to speak after the entrants are fixed, which is freezeSeconds before the opening.';
  }
  return beaconAtMs >= closesAtMs ? 'The sale would close before the beacon speaks.' : null;
}
