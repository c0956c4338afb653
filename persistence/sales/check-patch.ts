import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { SaleSnapshot } from '../../engine/contracts/sale.ts';
import { isOver } from '../../engine/contracts/states.ts';
import type { PatchSale } from '../../engine/contracts/wire/sales.ts';
import { checkBeacon } from './check-draw.ts';
import { parseMoment } from './moment.ts';
import type { SaleRow } from './sale-row.ts';

/** What a change comes down to; null leaves a member as it is. */
export interface Revision {
  title: string | null;
  perMinute: number | null;
  opensAtMs: number | null;
  closesAtMs: number | null;
  /** Those whose number changes. */
  units: { sku: string; from: number; to: number }[];
}

const invalid = (field: string, detail: string): Refusal => refuse('invalid_request', { field, detail });

/**
 * What a change of a sale comes down to, or why it cannot be made: `invalid_request`, `sku_not_found`,
 * `invalid_transition`, `units_in_use`. Looks at the moment; Redis and the rows judge again.
 */
export function checkPatch(
  row: SaleRow,
  snapshot: SaleSnapshot,
  patch: PatchSale,
  nowMs: number,
): Revision | Refusal {
  const { state } = snapshot;
  if (isOver(state)) {
    return refuse('invalid_transition', { detail: `The sale is ${state}.`, members: { state } });
  }
  const opensAtMs = patch.opensAt === undefined ? null : parseMoment(patch.opensAt);
  const closesAtMs = patch.closesAt === undefined ? null : parseMoment(patch.closesAt);
  if (patch.opensAt !== undefined && opensAtMs === null) return invalid('opensAt', 'There is no such day.');
  if (patch.closesAt !== undefined && closesAtMs === null)
    return invalid('closesAt', 'There is no such day.');
  const refusal =
    checkMoments(row, state, opensAtMs, closesAtMs, nowMs) ?? checkItems(row, snapshot, patch.items ?? []);
  if (refusal) return refusal;
  const unitsOf = new Map(row.items.map(({ sku, units }) => [sku, units]));
  return {
    title: patch.title ?? null,
    perMinute: patch.perMinute ?? null,
    opensAtMs,
    closesAtMs,
    units: (patch.items ?? [])
      .map(({ sku, units }) => ({ sku, from: unitsOf.get(sku) ?? 0, to: units }))
      .filter(({ from, to }) => from !== to),
  };
}

function checkMoments(
  row: SaleRow,
  state: SaleSnapshot['state'],
  opensAtMs: number | null,
  closesAtMs: number | null,
  nowMs: number,
): Refusal | null {
  const field = opensAtMs === null ? 'closesAt' : 'opensAt';
  if (opensAtMs !== null && ((state !== 'scheduled' && state !== 'waiting') || row.open_commanded_at)) {
    return refuse('invalid_transition', { field, detail: 'The sale has been opened.', members: { state } });
  }
  if (closesAtMs !== null && closesAtMs <= nowMs) return invalid('closesAt', 'This moment has passed.');
  const moments = {
    opensAtMs: opensAtMs ?? row.opens_at.getTime(),
    closesAtMs: closesAtMs ?? row.closes_at.getTime(),
  };
  if (moments.closesAtMs <= moments.opensAtMs) return invalid(field, 'A sale closes after it opens.');
  if (row.beacon_at === null || row.frozen_at !== null || (opensAtMs ?? closesAtMs) === null) return null;
  const late = checkBeacon(row.beacon_at.getTime(), row.freeze_ms, moments, nowMs);
  return late === null ? null : invalid(field, late);
}

function checkItems(
  row: SaleRow,
  snapshot: SaleSnapshot,
  items: NonNullable<PatchSale['items']>,
): Refusal | null {
  for (const [at, { sku, units }] of items.entries()) {
    if (!row.items.some((item) => item.sku === sku)) {
      return refuse('sku_not_found', { field: `items.${at}.sku`, detail: `This sale has no SKU "${sku}".` });
    }
    if (items.findIndex((item) => item.sku === sku) !== at) {
      return invalid(`items.${at}.sku`, `${sku} is named twice.`);
    }
    const count = snapshot.stock.find((candidate) => candidate.sku === sku);
    const inUse = count ? count.held + count.paying + count.sold : 0;
    if (units < inUse) {
      const detail = `${inUse} of ${sku} are held or sold.`;
      return refuse('units_in_use', { field: `items.${at}.units`, detail, members: { units: count?.units } });
    }
  }
  return null;
}
