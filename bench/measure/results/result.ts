import type { Machine } from '../../demo/machine.ts';
import { encoded } from '../load/histogram.ts';
import type { Figure, Rounds, Row, Scoreboard } from '../scoreboard.ts';
import type { Options } from '../subject.ts';
import { type Judged, judge } from '../threshold.ts';
import type { Surroundings } from './surroundings.ts';

/** What a run found, as it is kept in `result.json`. */
export interface Result {
  startedAt: string;
  /** Of the bench; of the system, too, unless another one was measured. */
  commit: string;
  options: Options;
  machine: Machine & Surroundings & { loadBefore: number[]; loadAfter: number[] };
  scoreboard: Row[];
  figures: Figure[];
  rounds: Rounds[];
  /** HdrHistograms in microseconds, as compressed base64. */
  latencies: { scenario: string; subject: string; histogram: string }[];
  remarks: string[];
  thresholds: Judged[];
}

export const resultOf = (
  facts: Pick<Result, 'startedAt' | 'commit' | 'options' | 'machine'>,
  board: Scoreboard,
): Result => ({
  ...facts,
  scoreboard: board.rows,
  figures: board.figures,
  rounds: board.rounds,
  latencies: board.latencies.map(({ scenario, subject, histogram }) => ({
    scenario,
    subject,
    histogram: encoded(histogram),
  })),
  remarks: board.remarks,
  thresholds: facts.options.thresholds.map((threshold) => {
    const kept = judge(threshold, board);
    const [value, known] = kept.kind === 'unknown' ? [null, kept.known] : [kept.value, []];
    return { threshold: threshold.text, value, isKept: kept.kind === 'kept', known };
  }),
});
