import type { Audit } from '../../engine/contracts/wire/sales.ts';
import { type Measure, measures, type Percentiles } from '../load/latency.ts';
import type { OutcomeCounts } from '../load/outcomes.ts';
import type { Incident } from '../load/tally.ts';
import type { Tally as ProviderTally } from '../psp/charge-book.ts';
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
  /** Confirmed orders, over the time from the opening to the last of them. */
  ordersPerSecond: number;
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
  const sellingSeconds = Math.max(1, (crowd.lastConfirmedAtMs ?? run.openedAtMs) - run.openedAtMs) / 1000;
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
    ordersPerSecond: Math.round((crowd.confirmed.length / sellingSeconds) * 10) / 10,
    durationSeconds: Math.round(run.durationSeconds * 10) / 10,
    checks,
    incidents: crowd.incidents,
    refusals: crowd.refusals,
    failures: crowd.failures,
    provider: evidence.provider,
    machine: thisMachine(),
  };
}
