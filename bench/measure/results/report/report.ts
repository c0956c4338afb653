import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from '../result.ts';
import { chartsOf } from './charts.ts';
import { escaped, figuresTable, header, scenarioRows, thresholdList } from './sections.ts';

const here = (file: string): string => readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8');

/** One page with everything in it: it can be sent by mail and opened in ten years. */
export function reportOf(result: Result): string {
  const uPlot = join(dirname(createRequire(import.meta.url).resolve('uplot')), '.');
  const scenarios = [
    ...new Set([
      ...result.scoreboard.map((row) => row.scenario),
      ...result.figures.map((one) => one.scenario),
    ]),
  ];
  const charts = chartsOf(result);
  const sections = scenarios.map((scenario) => {
    const places = charts
      .filter((chart) => chart.scenario === scenario)
      .map(
        (chart) =>
          `<figure><figcaption>${escaped(chart.title)}</figcaption><div id="${chart.id}"></div></figure>`,
      );
    return [
      `<section><h2>${escaped(scenario)}</h2>`,
      scenarioRows(result, scenario),
      places.length > 0 ? `<div class="charts">${places.join('')}</div>` : '',
      figuresTable(result, scenario),
      '</section>',
    ].join('\n');
  });
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>Doorbuster bench ${escaped(result.options.against?.origin ?? result.commit)}</title>`,
    `<style>${readFileSync(join(uPlot, 'uPlot.min.css'), 'utf8')}${here('./page.css')}</style>`,
    header(result),
    thresholdList(result),
    ...sections,
    `<script>${readFileSync(join(uPlot, 'uPlot.iife.min.js'), 'utf8')}</script>`,
    // `</` would end the script.
    `<script>const charts = ${JSON.stringify(charts).replaceAll('</', '<\\/')};\n${here('./page.js')}</script>`,
    '</html>\n',
  ].join('\n');
}
