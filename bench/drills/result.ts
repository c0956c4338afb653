import type { Audit } from '../../engine/contracts/wire/sales.ts';
import type { Crowd } from '../demo/load-processes.ts';
import type { Noticed } from './absence.ts';
import type { FollowedHold } from './lost-holds.ts';
import type { MemoryOfRole } from './memory.ts';
import type { Strike } from './strikes.ts';

/** What `--json` writes of one drill. */
export interface DrillResult {
  name: string;
  seed: number;
  buyers: number;
  units: number;
  /** Faults that struck while the sale was running. */
  strikes: number;
  /** The slowest recovery; null where nothing struck, or a recovery never came. */
  recoveryMs: number | null;
  audit: Audit | null;
  violations: string[];
  struck: Strike[];
  /** How buyers noticed that a part was away, in the order of the strikes that took it away. */
  absences: Noticed[];
  /** Of a soak: what each role took early on, and at the end. */
  memory: MemoryOfRole[];
  clients: Crowd['outcomes'] | null;
  incidents: Crowd['incidents'] | null;
  /** Holds that clients were told of and that were gone before their time: the first few. */
  lostHolds: FollowedHold[];
  durationSeconds: number;
}

/** How often each thing was struck. */
export function countsOf(strikes: readonly Strike[], of: (strike: Strike) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const strike of strikes) counts.set(of(strike), (counts.get(of(strike)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Median and maximum over recoveries, ms. */
export function recoveries(strikes: readonly Strike[]): { p50: number; max: number } | null {
  const sorted = strikes.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return { p50: sorted[sorted.length >> 1] as number, max: sorted.at(-1) as number };
}

/** The lines that a person reads at the end of a drill. */
export function report(result: DrillResult): string {
  const { audit, struck, absences, memory, lostHolds, violations } = result;
  const recovered = recoveries(struck);
  const list = (counts: [string, number][]) => counts.map(([name, count]) => `${count} × ${name}`).join(', ');
  return [
    `  strikes   ${struck.length}: ${list(countsOf(struck, ({ what }) => what.split(': ', 1)[0] as string)) || 'none'}`,
    `  during    ${list(countsOf(struck, ({ during }) => during)) || '-'}`,
    `  recovery  ${recovered ? `p50 ${recovered.p50} ms, max ${recovered.max} ms` : '-'}`,
    ...absences.map(
      ({ leftAtMs, returnedAtMs, available, reservedMeanwhile, confirmedMeanwhile, sellingAgainMs }) =>
        `  away      ${((returnedAtMs - leftAtMs) / 1000).toFixed(1)} s with ${available} units left, ${reservedMeanwhile} reserved and ` +
        `${confirmedMeanwhile} confirmed meanwhile, ${((confirmedMeanwhile * 1000) / (returnedAtMs - leftAtMs)).toFixed(1)}/s, ` +
        (sellingAgainMs === null
          ? 'nothing after it'
          : `selling again ${sellingAgainMs} ms after its return`),
    ),
    ...memory.map(
      ({ role, earlyMiB, lateMiB, samples }) =>
        `  memory    ${role.padEnd(10)} ${earlyMiB ?? '-'} MiB, at the end ${lateMiB ?? '-'} (at like ages, ${samples} looks)`,
    ),
    ...(result.incidents?.lostHolds
      ? [`  lost      ${result.incidents.lostHolds} holds before their time; their buyers began anew`]
      : []),
    ...lostHolds.map(
      ({ reservationId, expiresAt, how, atMs, now }) =>
        `            ${reservationId}, to last until ${expiresAt}: ${how} at ${new Date(atMs).toISOString()}; now ${now}`,
    ),
    ...(audit
      ? [
          `  audit     ${audit.items.map(({ sold, units }) => `${sold} of ${units} sold`).join(', ')}, ` +
            `oversold ${audit.oversold}, undersold ${audit.undersold}, ${audit.orders.confirmed} confirmed, ` +
            `${audit.payments.captured} captured, ${audit.payments.refunded} refunded, epoch ${audit.epoch}, ` +
            `journal ${audit.ledger.balanced ? 'balanced' : 'NOT BALANCED'}, ${audit.discrepancies.length} discrepancies`,
        ]
      : []),
    ...violations.map((violation) => `  VIOLATION ${violation}`),
    `  ${violations.length === 0 ? 'CLEAN' : 'NOT CLEAN'} after ${result.durationSeconds} s`,
  ].join('\n');
}
