import type { Result } from '../results/result.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import { measuredBy } from './measured-by.ts';
import { chanceOf, holm } from './students-t.ts';

/** One thing that both runs measured. */
export interface Compared {
  name: string;
  first: Spread;
  second: Spread;
  /** Second to first, by their medians. */
  ratio: number;
  /** `one round`: one of the runs has no spread of it, so nothing can be said. */
  verdict: 'agrees' | 'differs' | 'one round';
}

export interface Comparison {
  compared: Compared[];
  /** What only one of the runs measured. */
  missing: string[];
  /** What may explain a difference. */
  remarks: string[];
}

export type Measured = Pick<Result, 'rounds' | 'commit' | 'machine' | 'options'>;

/** Of so many pairs of runs that are alike, all of their figures together, one is said to differ. */
export const pairsToOneMistake = 20;

/** Sets two runs side by side: rates and times of each side, ratios, figures. */
export function compareRuns(first: Measured, second: Measured): Comparison {
  const ours = measuredBy(first.rounds);
  const theirs = measuredBy(second.rounds);
  const pairs = [...ours].flatMap(([name, values]) => {
    const other = theirs.get(name);
    return other ? [{ name, values, other, chance: chanceOf(values, other) }] : [];
  });
  const chances = pairs.flatMap(({ chance }) => (chance === null ? [] : [chance]));
  const areSmall = holm(chances, 1 / pairsToOneMistake);
  let judged = 0;
  const compared = pairs.map(({ name, values, other, chance }): Compared => {
    const [before, after] = [spreadOf(values), spreadOf(other)];
    const found = { name, first: before, second: after, ratio: after.median / before.median };
    if (chance === null) return { ...found, verdict: 'one round' };
    return { ...found, verdict: areSmall[judged++] ? 'differs' : 'agrees' };
  });
  const missing = [
    ...[...ours.keys()].filter((name) => !theirs.has(name)),
    ...[...theirs.keys()].filter((name) => !ours.has(name)),
  ];
  return { compared, missing, remarks: remarksOn(first, second) };
}

function remarksOn(first: Measured, second: Measured): string[] {
  const remarks: string[] = [];
  const differ = (what: string, one: unknown, other: unknown) => {
    if (JSON.stringify(one) !== JSON.stringify(other)) remarks.push(`${what}: ${one} and ${other}`);
  };
  differ('commits differ', first.commit, second.commit);
  differ('systems differ', first.options.against?.origin, second.options.against?.origin);
  for (const fact of [
    ...(['cpu', 'cores', 'memoryGiB', 'system', 'node'] as const),
    ...(['redis', 'postgres', 'wrk', 'dataOn'] as const),
  ]) {
    differ(`machines differ in ${fact}`, first.machine[fact], second.machine[fact]);
  }
  for (const option of ['rounds', 'seconds', 'connections', 'generator', 'rate'] as const) {
    differ(`runs differ in ${option}`, first.options[option], second.options[option]);
  }
  return remarks;
}
