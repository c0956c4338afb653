import { type Scoreboard, shown } from './scoreboard.ts';

const comparisons = {
  '<=': (value: number, bound: number) => value <= bound,
  '>=': (value: number, bound: number) => value >= bound,
  '<': (value: number, bound: number) => value < bound,
  '>': (value: number, bound: number) => value > bound,
} as const;

/** What a run must keep: a figure of a scenario by its name, or the ratio to an opponent. */
export interface Threshold {
  /** As it was written. */
  text: string;
  scenario: string;
  metric: string;
  comparison: keyof typeof comparisons;
  bound: number;
}

/** Reads `reserve.p99<50`; null where it says nothing of the kind. */
export function readThreshold(text: string): Threshold | null {
  const parts =
    /^\s*(?<scenario>[a-z-]+)\.(?<metric>.*?)\s*(?<comparison><=|>=|<|>)\s*(?<bound>-?\d+(?:\.\d+)?)\s*$/.exec(
      text,
    )?.groups;
  if (!parts?.metric) return null;
  const { scenario, metric, comparison, bound } = parts as Record<string, string>;
  return {
    text: text.trim(),
    scenario: scenario as string,
    metric: metric as string,
    comparison: comparison as Threshold['comparison'],
    bound: Number(bound),
  };
}

/** What is told of a threshold: whether it was kept, or that nothing of that name was measured. */
export type Kept = { kind: 'kept' | 'broken'; value: number } | { kind: 'unknown'; known: string[] };

/** Medians decide. A scenario's figures come first, then its ratios by opponent. */
export function judge({ scenario, metric, comparison, bound }: Threshold, board: Scoreboard): Kept {
  const value = medianOf(board, scenario, metric);
  if (value === null) return { kind: 'unknown', known: metricsOf(board, scenario) };
  return { kind: comparisons[comparison](value, bound) ? 'kept' : 'broken', value };
}

function medianOf({ figures, rows }: Scoreboard, scenario: string, metric: string): number | null {
  const figure = figures.find((one) => one.scenario === scenario && one.name === metric);
  if (figure) return figure.median;
  return rows.find((row) => row.scenario === scenario && row.opponent === metric)?.ratio.median ?? null;
}

const metricsOf = ({ figures, rows }: Scoreboard, scenario: string): string[] => [
  ...new Set([
    ...figures.filter((figure) => figure.scenario === scenario).map(({ name }) => name),
    ...rows.filter((row) => row.scenario === scenario).map(({ opponent }) => opponent),
  ]),
];

/** As they are printed after the scoreboard. */
export const thresholdLines = (
  thresholds: readonly { threshold: string; value: number | null; isKept: boolean }[],
): string[] =>
  thresholds.map(
    ({ threshold, value, isKept }) =>
      `${isKept ? 'kept  ' : 'BROKEN'} ${threshold} (${value === null ? 'not measured' : shown(value)})`,
  );
