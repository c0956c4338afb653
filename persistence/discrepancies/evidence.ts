import type { ReservationId } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Discrepancy } from './discrepancy.ts';

const lostEvidence = statement<{ evidence: { order?: { orderId: string } | null } }>('lost-evidence');

/** Of so many discrepancies the evidence is gathered; more of them at once have one reason. */
const gatheredMax = 100;

/**
 * All that is known about what each discrepancy is about, for whoever has to decide: order, payments with their
 * steps, refunds, journal and ledger from Postgres, and the reservation as it lies in Redis.
 */
export async function gatherEvidence(
  on: Postgres,
  settlement: Pick<Settlement, 'reservationStates'>,
  saleId: string,
  found: readonly Discrepancy[],
): Promise<object[]> {
  const gathered = found.slice(0, gatheredMax);
  const rows = await Promise.all(gathered.map(({ subject }) => lostEvidence(on, [saleId, subject])));
  const ids = gathered.map(({ subject }, at) => {
    const orderId = rows[at]?.[0]?.evidence.order?.orderId ?? subject;
    return (/^(rsv|ord)_/.test(orderId) ? `rsv_${orderId.slice(4)}` : null) as ReservationId | null;
  });
  const known = ids.filter((id) => id !== null);
  // Without Redis there is the rest of it.
  const states = await settlement.reservationStates(saleId, known).catch(() => []);
  const byId = new Map(known.map((id, at) => [id, states[at] ?? null]));
  return found.map((_, at) => {
    const id = ids[at] ?? null;
    return { ...rows[at]?.[0]?.evidence, ...(id === null ? {} : { redis: byId.get(id) ?? null }) };
  });
}

/** A member that says when something was or ends, as Postgres names it and as Redis does. */
const moment = /^(at|[a-z]+At|deadline)$/;
const momentMs = 'deadlineMs';

/**
 * Evidence as an operator sees it: every time in ISO 8601, UTC with milliseconds. What was kept has them as the stores
 * do, in the time zone that the session of Postgres had; so has what was kept by older versions.
 */
export function evidenceAsShown(kept: unknown): unknown {
  if (Array.isArray(kept)) return kept.map(evidenceAsShown);
  if (typeof kept !== 'object' || kept === null) return kept;
  return Object.fromEntries(
    Object.entries(kept).map(([name, value]) => {
      if (name === momentMs) return ['deadline', timestampOf(value)];
      return [name, moment.test(name) ? timestampOf(value) : evidenceAsShown(value)];
    }),
  );
}

/** As it is where it is no time, as null or `infinity`. */
function timestampOf(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? value : at.toISOString();
}
