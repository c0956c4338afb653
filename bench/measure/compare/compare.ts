import type { Result } from '../results/result.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** One thing that both runs measured. */
export interface Compared {
  name: string;
  unit: string;
  first: Spread;
  second: Spread;
  /** Second to first, by their medians. */
  ratio: number;
  /** True where the two spreads have a value in common: nothing says then that they differ. */
  agrees: boolean;
}

export interface Comparison {
  compared: Compared[];
  /** What only one of the runs measured. */
  missing: string[];
  /** What may explain a difference. */
  remarks: string[];
}

type Measured = Pick<Result, 'scoreboard' | 'figures' | 'rounds' | 'commit' | 'machine' | 'options'>;

/** Sets two runs side by side: rates and times of each side, ratios, figures. */
export function compareRuns(first: Measured, second: Measured): Comparison {
  const ours = measuredBy(first);
  const theirs = measuredBy(second);
  const compared: Compared[] = [];
  for (const [name, { unit, spread }] of ours) {
    const other = theirs.get(name);
    if (other === undefined) continue;
    const agrees = spread.min <= other.spread.max && other.spread.min <= spread.max;
    const ratio = other.spread.median / spread.median;
    compared.push({ name, unit, first: spread, second: other.spread, ratio, agrees });
  }
  const missing = [
    ...[...ours.keys()].filter((name) => !theirs.has(name)),
    ...[...theirs.keys()].filter((name) => !ours.has(name)),
  ];
  return { compared, missing, remarks: remarksOn(first, second) };
}

function measuredBy({ scoreboard, rounds }: Measured): Map<string, { unit: string; spread: Spread }> {
  const found = new Map<string, { unit: string; spread: Spread }>();
  for (const { scenario, name, unit, subject } of rounds) {
    found.set(`${scenario}: ${name}, ${unit}`, { unit, spread: spreadOf(subject) });
  }
  for (const { scenario, subject, opponent, unit, ratio } of scoreboard) {
    found.set(`${scenario}: ${subject} / ${opponent}, ratio of ${unit}`, { unit: '', spread: ratio });
  }
  return found;
}

function remarksOn(first: Measured, second: Measured): string[] {
  const remarks: string[] = [];
  const differ = (what: string, one: unknown, other: unknown) => {
    if (JSON.stringify(one) !== JSON.stringify(other)) remarks.push(`${what}: ${one} and ${other}`);
  };
  differ('commits differ', first.commit, second.commit);
  for (const fact of ['cpu', 'cores', 'memoryGiB', 'system', 'node'] as const) {
    differ(`machines differ in ${fact}`, first.machine[fact], second.machine[fact]);
  }
  for (const option of ['rounds', 'seconds', 'connections', 'generator', 'rate'] as const) {
    differ(`runs differ in ${option}`, first.options[option], second.options[option]);
  }
  return remarks;
}
