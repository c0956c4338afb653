import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scoreboard } from '../scoreboard.ts';
import { reportOf } from './report/report.ts';
import type { Result } from './result.ts';

/**
 * A folder of its own for each run: `<date>-<commit>`, or the host instead where another system was measured,
 * and a number behind a second one of that day.
 */
export function newFolder(
  { startedAt, commit, options }: Pick<Result, 'startedAt' | 'commit' | 'options'>,
  parent: string,
): string {
  const measured = options.against ? new URL(options.against.origin).host.replaceAll(':', '-') : commit;
  const name = `${startedAt.slice(0, 10)}-${measured}`;
  for (let number = 1; ; number++) {
    const folder = join(parent, number === 1 ? name : `${name}-${number}`);
    if (existsSync(folder)) continue;
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** Writes everything about a run there: its result, its report, and a percentile distribution for each side. */
export function writeResult(folder: string, result: Result, { latencies }: Scoreboard): void {
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, 'report.html'), reportOf(result));
  for (const { scenario, subject, histogram } of latencies) {
    // Milliseconds, five steps to each halving of what is left: the text that HdrHistogram's plotter reads.
    writeFileSync(
      join(folder, `${scenario}.${subject.replaceAll(/[^\w-]+/g, '-')}.hgrm`),
      histogram.outputPercentileDistribution(5, 1000),
    );
  }
}
