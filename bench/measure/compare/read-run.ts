import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BenchFailure } from '../failure.ts';
import type { Result } from '../results/result.ts';

/** An earlier run: its folder under bench/results, or a file that `--json` wrote. */
export function readRun(path: string): Result {
  try {
    const file = statSync(path).isDirectory() ? join(path, 'result.json') : path;
    const result = JSON.parse(readFileSync(file, 'utf8')) as Result;
    if (Array.isArray(result.rounds) && Array.isArray(result.scoreboard)) return result;
  } catch (error) {
    throw new BenchFailure(`${path} cannot be compared: ${(error as Error).message}`);
  }
  throw new BenchFailure(`${path} cannot be compared: it is no result of npm run bench`);
}
