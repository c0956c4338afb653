import { type Row, shown } from '../../scoreboard.ts';

/** Nobody can be faster than these: they leave out what the product is for. */
const ceilings = new Set(['door-only', 'uws-constant', 'redis-alone', 'pg-multi-row']);

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

/** What a row says: who is ahead, by how much, and in how many of its rounds. */
export function verdictOf(row: Row, roundCount: number): Verdict {
  const { ratio, unit, opponent } = row;
  const spread = `${factor(ratio.min)} to ${factor(ratio.max)}`;
  if (isCeiling(row) && moreIsBetter(unit)) {
    return {
      kind: 'ceiling',
      words: `${percent(ratio.median)} of ${opponent}`,
      sureness: `${percent(ratio.min)} to ${percent(ratio.max)} in ${rounds(roundCount)}`,
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
