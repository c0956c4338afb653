import type { Histogram } from 'hdr-histogram-js';
import { microsecondHistogram } from './load/histogram.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';

/** Subject against opponent. A ratio above 1 means that the subject's number is the larger one. */
export interface Row {
  scenario: string;
  subject: string;
  opponent: string;
  unit: string;
  subjectMedian: number;
  opponentMedian: number;
  ratio: Spread;
}

/** A figure without an opponent. */
export interface Figure extends Spread {
  scenario: string;
  name: string;
  unit: string;
}

/** What the rounds of a row or of a figure (then without `opponent`) were, in their order. */
export interface Rounds {
  scenario: string;
  name: string;
  unit: string;
  subject: number[];
  opponent?: number[];
}

/** The latencies of one side over all of its rounds, in microseconds. */
export interface Latencies {
  scenario: string;
  subject: string;
  histogram: Histogram;
}

/** What a run found out, in the order in which it did. */
export class Scoreboard {
  readonly rows: Row[] = [];
  readonly figures: Figure[] = [];
  readonly rounds: Rounds[] = [];
  readonly latencies: Latencies[] = [];
  /** What has to be known to read the figures, e.g. that a generator was busy. */
  readonly remarks: string[] = [];

  /** Adds a row: a value for each round and side. */
  compare(
    names: { scenario: string; subject: string; opponent: string; unit: string },
    subject: readonly number[],
    opponent: readonly number[],
  ): void {
    this.rows.push({
      ...names,
      subjectMedian: spreadOf(subject).median,
      opponentMedian: spreadOf(opponent).median,
      ratio: ratioOf(subject, opponent),
    });
    const { scenario, unit } = names;
    const name = `${names.subject} / ${names.opponent}`;
    this.rounds.push({ scenario, name, unit, subject: [...subject], opponent: [...opponent] });
  }

  note(scenario: string, name: string, unit: string, values: readonly number[]): void {
    this.figures.push({ scenario, name, unit, ...spreadOf(values) });
    this.rounds.push({ scenario, name, unit, subject: [...values] });
  }

  /** Adds latencies of a round to those of the same side in earlier rounds. */
  addLatencies(scenario: string, subject: string, histogram: Histogram): void {
    const known = this.latencies.find((one) => one.scenario === scenario && one.subject === subject);
    if (known) known.histogram.add(histogram);
    else {
      const sum = microsecondHistogram();
      sum.add(histogram);
      this.latencies.push({ scenario, subject, histogram: sum });
    }
  }

  /** Said once, however many rounds it is true of. */
  remark(sentence: string): void {
    if (!this.remarks.includes(sentence)) this.remarks.push(sentence);
  }

  /** As it is printed. */
  text(): string {
    const rows = this.rows.map(
      ({ scenario, subject, opponent, unit, subjectMedian, opponentMedian, ratio }) => [
        `${scenario}: ${subject} / ${opponent}`,
        `${shown(subjectMedian)} / ${shown(opponentMedian)} ${unit}`,
        `${ratio.median.toFixed(3)}  (${ratio.min.toFixed(3)} to ${ratio.max.toFixed(3)})`,
      ],
    );
    const figures = this.figures.map(({ scenario, name, unit, median, min, max }) => [
      `${scenario}: ${name}`,
      `${shown(median)} ${unit}`,
      min === max ? '' : `(${shown(min)} to ${shown(max)})`,
    ]);
    return [...aligned(rows), ...aligned(figures), ...this.remarks.map((line) => `! ${line}`)].join('\n');
  }
}

/** Three significant digits, and never fewer than the whole number has. */
export function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}
