import { shown } from '../scoreboard.ts';
import type { Spread } from '../statistics.ts';
import type { Compared, Comparison } from './compare.ts';

/** A comparison as it is printed: a line each, then how many agree. */
export function comparisonText({ compared, missing, remarks }: Comparison): string {
  const width = Math.max(0, ...compared.map(({ name }) => name.length));
  const agreeing = compared.filter(({ agrees }) => agrees).length;
  return [
    ...compared.map(
      (one) => `${one.agrees ? 'agrees ' : 'differs'}  ${one.name.padEnd(width)}  ${change(one)}`,
    ),
    ...missing.map((name) => `in one run only: ${name}`),
    ...remarks.map((remark) => `! ${remark}`),
    `${agreeing} of ${compared.length} agree within their spread`,
  ].join('\n');
}

function change({ first, second, ratio }: Compared): string {
  const percent = (ratio - 1) * 100;
  return `${spread(first)} → ${spread(second)}  ${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

const spread = ({ median, min, max }: Spread): string =>
  min === max ? shown(median) : `${shown(median)} (${shown(min)} to ${shown(max)})`;
