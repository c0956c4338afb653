import { shown } from '../scoreboard.ts';
import type { Spread } from '../statistics.ts';
import { type Compared, type Comparison, pairsToOneMistake } from './compare.ts';

/** A comparison as it is printed: a line each, then how many agree, and what that is judged by. */
export function comparisonText({ compared, missing, remarks }: Comparison): string {
  const width = Math.max(0, ...compared.map(({ name }) => name.length));
  const count = (verdict: Compared['verdict']) => compared.filter((one) => one.verdict === verdict).length;
  const judged = compared.length - count('one round');
  return [
    ...compared.map((one) => `${labels[one.verdict]}  ${one.name.padEnd(width)}  ${change(one)}`),
    ...missing.map((name) => `in one run only: ${name}`),
    ...remarks.map((remark) => `! ${remark}`),
    `${count('agrees')} of ${judged} agree within their spread`,
    ...(count('one round') > 0 ? [`${count('one round')} more have one round: no spread to compare by`] : []),
    `A figure differs where Student's t on the logarithms of its rounds says so, at ${100 / pairsToOneMistake} % for all figures`,
    `together (Holm): of ${pairsToOneMistake} pairs of runs that are alike, one has a figure that "differs". Few rounds show large`,
    'differences alone, and that none is shown does not prove that there is none.',
  ].join('\n');
}

const labels = { agrees: 'agrees ', differs: 'differs', 'one round': '-      ' };

function change({ first, second, ratio }: Compared): string {
  const percent = (ratio - 1) * 100;
  return `${spread(first)} → ${spread(second)}  ${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

const spread = ({ median, min, max }: Spread): string =>
  min === max ? shown(median) : `${shown(median)} (${shown(min)} to ${shown(max)})`;
