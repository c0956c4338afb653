import type { Audit } from '../../engine/contracts/wire/sales.ts';
import { type Measure, measures, type Percentiles } from '../load/latency.ts';
import type { OutcomeCounts } from '../load/outcomes.ts';
import type { Incident } from '../load/tally.ts';
import type { ChargeTally as ProviderTally } from '../psp/tally.ts';
import type { Crowd } from './load-processes.ts';
import { type Machine, thisMachine } from './machine.ts';
import { type Check, type Evidence, judge } from './verdict.ts';

/** What `--json` writes. Times are in milliseconds unless the name says otherwise. */
export interface DemoResult {
  seed: number;
  buyers: number;
  units: number;
  saleId: string;
  clean: boolean;
  audit: Audit;
  clients: OutcomeCounts;
  latency: Record<Measure, Percentiles>;
  /** Confirmed orders, over the time from the opening to the last of them: holds that lapse are waited for. */
  ordersPerSecond: number;
  /** In the best second. */
  ordersPerSecondMax: number;
  /** From the first buyer's coming to the last buyer's outcome. */
  durationSeconds: number;
  checks: Check[];
  incidents: Record<Incident, number>;
  refusals: Record<string, number>;
  failures: Record<string, number>;
  provider: ProviderTally;
  machine: Machine;
}

export function resultOf(
  run: { seed: number; saleId: string; openedAtMs: number; durationSeconds: number; crowd: Crowd },
  evidence: Evidence,
): DemoResult {
  const { crowd } = run;
  const checks = judge(evidence);
  const { perSecond, perSecondMax } = rates(crowd.confirmedBySecond, run.openedAtMs / 1000);
  return {
    seed: run.seed,
    buyers: evidence.buyers,
    units: evidence.units,
    saleId: run.saleId,
    clean: checks.every((check) => check.ok),
    audit: evidence.audit,
    clients: crowd.outcomes,
    latency: Object.fromEntries(
      measures.map((measure) => [measure, crowd.latency.percentiles(measure)]),
    ) as Record<Measure, Percentiles>,
    ordersPerSecond: perSecond,
    ordersPerSecondMax: perSecondMax,
    durationSeconds: Math.round(run.durationSeconds * 10) / 10,
    checks,
    incidents: crowd.incidents,
    refusals: crowd.refusals,
    failures: crowd.failures,
    provider: evidence.provider,
    machine: thisMachine(),
  };
}

/** Counts by second since 1970 as an average since the opening, and the best second. */
export function rates(
  bySecond: Readonly<Record<string, number>>,
  openedAtSeconds: number,
): { perSecond: number; perSecondMax: number } {
  const counts = Object.values(bySecond);
  const last = Math.max(openedAtSeconds, ...Object.keys(bySecond).map(Number));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const perSecond = total / Math.max(1, last + 1 - openedAtSeconds);
  return { perSecond: Math.round(perSecond * 10) / 10, perSecondMax: Math.max(0, ...counts) };
}
