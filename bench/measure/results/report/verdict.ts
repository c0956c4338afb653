import { type Row, shown } from '../../scoreboard.ts';

/** Nobody can be faster than these: they leave out what the product is for. */
const ceilings = new Set(['door-only', 'uws-constant', 'redis-alone', 'pg-multi-row', 'redis round trip']);

export const isCeiling = ({ opponent }: Pick<Row, 'opponent'>): boolean => ceilings.has(opponent);

/** Of rates more is better; of times, CPU, memory and commands less is. */
export const moreIsBetter = (unit: string): boolean => /\/s\b/.test(unit) && !/commands/.test(unit);

export interface Verdict {
  /** `even` where the rounds do not agree on who is ahead. */
  kind: 'better' | 'worse' | 'even' | 'ceiling';
  /** Who is ahead, and by how much. */
  words: string;
  /** How sure that is. */
  sureness: string;
}

/** One sentence on all that was measured as a rate: who is behind, who is ahead, what was not shown. */
export function summaryOf(verdicts: readonly { row: Row; verdict: Verdict }[]): string {
  const of = (kind: Verdict['kind']) =>
    verdicts
      .filter(({ row, verdict }) => verdict.kind === kind && moreIsBetter(row.unit))
      .map(({ row }) => row);
  const names = (rows: readonly Row[]) => rows.map(({ opponent }) => opponent).join(', ');
  const [better, worse, even] = [of('better'), of('worse'), of('even')];
  const parts: string[] = [];
  if (better.length > 0) {
    const ratios = better.map(({ ratio }) => ratio.median);
    const [least, most] = [factor(Math.min(...ratios)), factor(Math.max(...ratios))];
    const times = least === most ? `${least} times` : `${least} to ${most} times`;
    parts.push(`faster than ${names(better)}: ${times}`);
  }
  if (worse.length > 0) parts.push(`slower than ${names(worse)}`);
  if (even.length > 0) parts.push(`no difference shown to ${names(even)}`);
  return parts.length > 0 ? `${parts.join('; ')}.` : '';
}

/** What a row says: who is ahead, by how much, and in how many of its rounds. */
export function verdictOf(row: Row, roundCount: number): Verdict {
  const { ratio, unit, opponent } = row;
  const spread = `${factor(ratio.min)} to ${factor(ratio.max)}`;
  if (isCeiling(row)) {
    return {
      kind: 'ceiling',
      words: `${moreIsBetter(unit) ? percent(ratio.median) : `${factor(ratio.median)} times that`} of ${opponent}`,
      sureness: moreIsBetter(unit)
        ? `${percent(ratio.min)} to ${percent(ratio.max)} in ${rounds(roundCount)}`
        : `ratio ${spread} in ${rounds(roundCount)}`,
    };
  }
  if (ratio.min <= 1 && ratio.max >= 1) {
    return {
      kind: 'even',
      words: 'no difference shown',
      sureness: `ratio ${spread} in ${rounds(roundCount)}`,
    };
  }
  const isAhead = ratio.median > 1 === moreIsBetter(unit);
  const times = factor(ratio.median > 1 ? ratio.median : 1 / ratio.median);
  const words = `${times} times ${ratio.median > 1 ? 'as much as' : 'less than'} ${opponent}`;
  const sureness =
    roundCount === 1 ? 'one round says little' : `in every one of ${rounds(roundCount)}, ratio ${spread}`;
  return { kind: isAhead ? 'better' : 'worse', words, sureness };
}

const factor = (value: number): string => shown(value);
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const rounds = (count: number): string => (count === 1 ? 'one round' : `${count} rounds`);
