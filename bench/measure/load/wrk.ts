import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BenchFailure, BrokenInvariant } from '../failure.ts';
import type { Load, LoadResult } from './load.ts';
import { complaintAbout, readWrkOutput } from './wrk-output.ts';

const script = fileURLToPath(new URL('./wrk.lua', import.meta.url));

/** Closed loop from one thread of wrk. It sees codes over 399 only; the caller counts the units that were taken. */
export async function runWrk({
  origin,
  path,
  body,
  tokensFile,
  connections,
  seconds,
}: Load): Promise<LoadResult> {
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '-s',
    script,
    origin,
    '--',
    tokensFile,
    path,
    body,
  ];
  const summary = readWrkOutput(await outputOf('wrk', args));
  const complaint = complaintAbout(summary);
  if (complaint !== null) throw new BrokenInvariant(complaint);
  return {
    requests: summary.requests,
    perSecond: (summary.requests / summary.durationUs) * 1_000_000,
    bytesPerAnswer: summary.bytes / summary.requests,
    p50Ms: summary.p50Us / 1000,
    p99Ms: summary.p99Us / 1000,
    underWayMax: connections,
  };
}

function outputOf(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', (error) =>
      reject(new BenchFailure(`${command} could not be started: ${error.message}`)),
    );
    child.once('close', () => resolve(output));
  });
}
