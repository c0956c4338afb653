import { type Row, shown } from '../../scoreboard.ts';
import { valueText } from '../../threshold.ts';
import type { Result } from '../result.ts';
import { isCeiling, moreIsBetter, summaryOf, type Verdict, verdictOf } from './verdict.ts';

/** As HTML shows it. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The run in one look: what it was measured on, and the verdict on each opponent by rate. */
export function header(result: Result): string {
  const { commit, startedAt, machine, options } = result;
  const headlines = [...new Set(result.scoreboard.map(({ scenario }) => scenario))].map((scenario) =>
    headline(result, scenario),
  );
  const { against } = options;
  const stores = [
    ...(machine.redis ? [`Redis ${machine.redis}`] : []),
    ...(machine.postgres ? [`Postgres ${machine.postgres}`] : []),
    ...(machine.dataOn ? [`data on ${machine.dataOn}`] : []),
    ...(machine.wrk ? [`wrk ${machine.wrk}`] : []),
  ];
  const facts = [
    ...(against ? [`measured: ${against.origin}, of which neither the commit nor the machine is known`] : []),
    `${against ? 'load from ' : ''}${machine.cores} cores, ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}, node ${machine.node}`,
    ...(stores.length > 0 ? [stores.join(', ')] : []),
    `${options.rounds} rounds of ${options.seconds} s, ${options.connections} connections by ${options.generator}${against ? '' : ', on the same machine'}`,
    `load before ${machine.loadBefore.map(shown).join(' ')}, after ${machine.loadAfter.map(shown).join(' ')}`,
  ];
  return [
    `<header><h1>Doorbuster bench</h1><p class="run">${against ? 'of commit ' : ''}<b>${escaped(commit)}</b> · ${escaped(startedAt.slice(0, 16).replace('T', ' '))} UTC</p>`,
    `<ul class="facts">${facts.map((fact) => `<li>${escaped(fact)}</li>`).join('')}</ul>`,
    ...result.remarks.map((remark) => `<p class="remark">${escaped(remark)}</p>`),
    ...headlines,
    '<p class="key">×: our rate to theirs, median of the rounds. Green: ahead in every round. Red: behind in every ' +
      'round. Grey: the rounds do not agree. Blue: the share of a ceiling, which leaves out what the product is for. ' +
      'In bars the middle is 1, the thin line is the spread.</p>',
    '</header>',
  ].join('\n');
}

/** A scenario in a sentence and a card for each opponent; those that nobody can beat come last. */
function headline(result: Result, scenario: string): string {
  const verdicts = result.scoreboard
    .filter((row) => row.scenario === scenario && moreIsBetter(row.unit))
    .map((row) => ({ row, verdict: verdict(result, row) }))
    .sort((a, b) => Number(isCeiling(a.row)) - Number(isCeiling(b.row)));
  if (verdicts.length === 0) return '';
  const cards = verdicts.map(({ row, verdict }) => card(row, verdict)).join('');
  return `<h3>${escaped(scenario)} <small>${escaped(summaryOf(verdicts))}</small></h3><div class="cards">${cards}</div>`;
}

function card(row: Row, { kind, sureness }: Verdict): string {
  const big = kind === 'ceiling' ? `${(row.ratio.median * 100).toFixed(0)} %` : `${shown(row.ratio.median)}×`;
  return [
    `<div class="card ${kind}"><b>${kind === 'even' ? '≈' : ''}${big}</b><span>${kind === 'ceiling' ? 'of ' : ''}${escaped(row.opponent)}</span>`,
    `<small>${escaped(sureness)}</small></div>`,
  ].join('');
}

export function thresholdList({ thresholds }: Result): string {
  if (thresholds.length === 0) return '';
  const lines = thresholds.map(
    (judged) =>
      `<li class="${judged.isKept ? 'better' : 'worse'}">${judged.isKept ? 'kept' : 'broken'}: <code>${escaped(judged.threshold)}</code> (${escaped(valueText(judged))})</li>`,
  );
  return `<section><h2>Thresholds</h2><ul>${lines.join('')}</ul></section>`;
}

/** Subject against each opponent: both medians, the ratio as a bar with its spread, and the verdict in words. */
export function scenarioRows(result: Result, scenario: string): string {
  const rows = result.scoreboard.filter((row) => row.scenario === scenario);
  if (rows.length === 0) return '';
  const units = [...new Set(rows.map(({ unit }) => unit))];
  return units
    .map((unit) => {
      const ofUnit = rows.filter((row) => row.unit === unit);
      // One scale for all bars of a unit; logarithmic, so that half and twice are equally far from the middle.
      const reach = Math.max(2, ...ofUnit.flatMap(({ ratio }) => [ratio.max, 1 / Math.max(ratio.min, 1e-6)]));
      const better = moreIsBetter(unit) ? 'more is better' : 'less is better';
      return [
        `<table class="rows"><caption>${escaped(unit)} <small>(${better})</small></caption>`,
        '<tr><th>against</th><th class="number">ours</th><th class="number">theirs</th><th class="number">ratio</th><th></th><th>verdict</th></tr>',
        ...ofUnit.map((row) => line(row, verdict(result, row), reach)),
        '</table>',
      ].join('\n');
    })
    .join('\n');
}

function line(row: Row, { kind, words, sureness }: Verdict, reach: number): string {
  const place = (ratio: number) =>
    Math.min(100, Math.max(0, 50 + (50 * Math.log(Math.max(ratio, 1e-9))) / Math.log(reach)));
  const { median, min, max } = row.ratio;
  const from = Math.min(50, place(median));
  const width = Math.abs(place(median) - 50);
  const bar = [
    `<i class="bar" style="left:${from}%;width:${width}%"></i>`,
    `<i class="spread" style="left:${place(min)}%;width:${Math.max(0.4, place(max) - place(min))}%"></i>`,
  ].join('');
  const against = row.subject === 'doorbuster' ? row.opponent : `${row.subject} / ${row.opponent}`;
  return [
    `<tr class="${kind}"><td>${escaped(against)}${isCeiling(row) ? ' <small>ceiling</small>' : ''}</td>`,
    `<td class="number">${shown(row.subjectMedian)}</td><td class="number">${shown(row.opponentMedian)}</td>`,
    `<td class="number"><b>${shown(median)}</b></td><td class="ratio"><div>${bar}</div></td>`,
    `<td>${escaped(words)}<br><small>${escaped(sureness)}</small></td></tr>`,
  ].join('');
}

/** Figures that stand alone. */
export function figuresTable(result: Result, scenario: string): string {
  const figures = result.figures.filter((figure) => figure.scenario === scenario);
  if (figures.length === 0) return '';
  const lines = figures.map(
    ({ name, unit, median, min, max }) =>
      `<tr><td>${escaped(name)}</td><td class="number"><b>${shown(median)}</b></td><td>${escaped(unit)}</td><td>${min === max ? '' : `${shown(min)} to ${shown(max)}`}</td></tr>`,
  );
  return `<table class="figures"><tr><th>figure</th><th class="number">median</th><th>unit</th><th>spread</th></tr>${lines.join('')}</table>`;
}

function verdict({ rounds }: Result, row: Row): Verdict {
  const name = `${row.subject} / ${row.opponent}`;
  const measured = rounds.find(
    (one) => one.scenario === row.scenario && one.name === name && one.unit === row.unit,
  );
  return verdictOf(row, measured?.subject.length ?? 1);
}
