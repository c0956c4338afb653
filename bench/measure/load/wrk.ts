import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BenchFailure, BrokenInvariant } from '../failure.ts';
import { histogramOf, msAt } from './histogram.ts';
import type { Load, LoadResult } from './load.ts';
import { watchRunDelay } from './run-delay.ts';
import { complaintAbout, readWrkOutput } from './wrk-output.ts';

const script = fileURLToPath(new URL('./wrk.lua', import.meta.url));

/**
 * Closed loop from one thread of wrk. Unless one status is expected it only tells codes under 400 from those over
 * it; the caller counts the units.
 */
export async function runWrk(load: Load): Promise<LoadResult> {
  const { origin, method, path, body, tokensFile, again, header, expects, connections, seconds } = load;
  // An opponent that starves somebody for over 2 s, which wrk calls an error by default, has still answered.
  const args = ['-t1', '--timeout', '10s', `-c${connections}`, `-d${seconds}s`, '-s', script, origin, '--'];
  args.push(method, path, body, tokensFile ?? '-', again ? 'again' : 'once', header ?? '');
  args.push(expects === 'success' ? '-' : String(expects));
  const { output, delaySeconds } = await outputOf('wrk', args);
  const summary = readWrkOutput(output);
  const complaint = complaintAbout(summary, expects);
  if (complaint !== null) throw new BrokenInvariant(complaint);
  const passedSeconds = summary.durationUs / 1_000_000;
  const histogram = histogramOf(summary.latencies);
  return {
    requests: summary.requests,
    perSecond: summary.requests / passedSeconds,
    bytesPerAnswer: summary.bytes / summary.requests,
    p50Ms: msAt(histogram, 50),
    p99Ms: msAt(histogram, 99),
    histogram,
    underWayMax: connections,
    generatorShare: summary.cpuSeconds / passedSeconds,
    generatorDelayShare: delaySeconds / passedSeconds,
  };
}

interface Ended {
  output: string;
  /** For how long it had to wait for a core. */
  delaySeconds: number;
}

function outputOf(command: string, args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const delay = watchRunDelay(child.pid ?? 0);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', (error) => {
      delay();
      reject(new BenchFailure(`${command} could not be started: ${error.message}`));
    });
    child.once('close', () => resolve({ output, delaySeconds: delay() }));
  });
}
