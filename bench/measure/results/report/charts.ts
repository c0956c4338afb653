import { decoded, msAt } from '../../load/histogram.ts';
import type { Result } from '../result.ts';

/** What page.js hands to uPlot. */
export interface Chart {
  id: string;
  scenario: string;
  title: string;
  kind: 'rounds' | 'percentiles';
  unit: string;
  names: string[];
  /** Columns, the first one is x: rounds from 1, or nines: 1 is p90, 2 is p99, 3 is p99.9. */
  columns: number[][];
}

/** Up to one in ten thousand, evenly spaced on the axis of nines. */
const nines = Array.from({ length: 41 }, (_, step) => step / 10);

/** Of each scenario: the rates of all sides by round, and the latencies of all sides by percentile. */
export function chartsOf(result: Result): Chart[] {
  return [...roundCharts(result), ...percentileCharts(result)].map((chart, at) => ({
    ...chart,
    id: `chart-${at}`,
  }));
}

function roundCharts({ rounds }: Result): Omit<Chart, 'id'>[] {
  const charts = new Map<string, Omit<Chart, 'id'>>();
  for (const { scenario, name, unit, subject, opponent } of rounds) {
    if (!opponent || subject.length < 2 || !/\/s/.test(unit)) continue;
    const key = `${scenario} ${unit}`;
    const [ours, theirs] = name.split(' / ') as [string, string];
    const chart = charts.get(key) ?? {
      scenario,
      title: `${unit}, round by round`,
      kind: 'rounds' as const,
      unit,
      names: [],
      columns: [subject.map((_, round) => round + 1)],
    };
    charts.set(key, chart);
    addSide(chart, ours, subject);
    addSide(chart, theirs, opponent);
  }
  return [...charts.values()];
}

/** A side stands against several others, and is drawn once. */
function addSide({ names, columns }: Omit<Chart, 'id'>, name: string, values: number[]): void {
  if (names.includes(name) || values.length !== columns[0]?.length) return;
  names.push(name);
  columns.push(values);
}

function percentileCharts({ latencies }: Result): Omit<Chart, 'id'>[] {
  const scenarios = [...new Set(latencies.map((one) => one.scenario))];
  return scenarios.map((scenario) => {
    const sides = latencies.filter((one) => one.scenario === scenario);
    const columns = sides.map(({ histogram }) => {
      const whole = decoded(histogram);
      return nines.map((count) => msAt(whole, 100 * (1 - 10 ** -count)));
    });
    return {
      scenario,
      title: 'latency by percentile, all rounds',
      kind: 'percentiles' as const,
      unit: 'ms',
      names: sides.map(({ subject }) => subject),
      columns: [nines, ...columns],
    };
  });
}
