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

/** A threshold with what became of it, as it is kept in `result.json`. */
export interface Judged {
  threshold: string;
  /** Null where nothing of that name was measured. */
  value: number | null;
  isKept: boolean;
  /** What could have been meant; empty where it was measured. */
  known: string[];
}

/** Medians decide. A scenario's figures come first, then its ratios by opponent. */
export function judge({ scenario, metric, comparison, bound }: Threshold, board: Scoreboard): Kept {
  const metrics = metricsOf(board, scenario);
  const meant = metricOf(metrics, metric);
  if (!meant) return { kind: 'unknown', known: knownBy(metrics) };
  return { kind: comparisons[comparison](meant.value, bound) ? 'kept' : 'broken', value: meant.value };
}

/** What was measured, by any of its names; the first are the shortest, and may be those of others, too. */
interface Metric {
  names: string[];
  value: number;
}

/** As the scoreboard prints them: a figure's name, an opponent's, both sides', each with its unit where it takes one. */
function metricsOf({ figures, rows }: Scoreboard, scenario: string): Metric[] {
  return [
    ...figures
      .filter((figure) => figure.scenario === scenario)
      .map(({ name, unit, median }) => ({ names: [name, `${name}, ${unit}`], value: median })),
    ...rows
      .filter((row) => row.scenario === scenario)
      .map(({ subject, opponent, unit, ratio }) => ({
        names: [
          opponent,
          `${subject} / ${opponent}`,
          `${opponent}, ${unit}`,
          `${subject} / ${opponent}, ${unit}`,
        ],
        value: ratio.median,
      })),
  ];
}

const metricOf = (metrics: readonly Metric[], name: string): Metric | undefined =>
  metrics.find(({ names }) => names.includes(name));

/** The shortest name of each that is not taken by one before it. */
const knownBy = (metrics: readonly Metric[]): string[] =>
  metrics.flatMap((metric) => metric.names.find((name) => metricOf(metrics, name) === metric) ?? []);

/** What a threshold was judged by, in words: its value, or what there is instead of it. */
export const valueText = ({ value, known }: Judged): string =>
  value === null ? `not measured; there are ${known.join('; ') || 'no figures of it'}` : shown(value);

/** As they are printed after the scoreboard. */
export const thresholdLines = (thresholds: readonly Judged[]): string[] =>
  thresholds.map(
    (judged) => `${judged.isKept ? 'kept  ' : 'BROKEN'} ${judged.threshold} (${valueText(judged)})`,
  );
