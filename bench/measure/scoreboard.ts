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

/** What a run found out, in the order in which it did. */
export class Scoreboard {
  readonly rows: Row[] = [];
  readonly figures: Figure[] = [];

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
  }

  note(scenario: string, name: string, unit: string, values: readonly number[]): void {
    this.figures.push({ scenario, name, unit, ...spreadOf(values) });
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
    return [...aligned(rows), ...aligned(figures)].join('\n');
  }
}

/** Three significant digits, and never fewer than the whole number has. */
function shown(value: number): string {
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
