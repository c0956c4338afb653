import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What became of some test files. */
export interface TestRun {
  /** False where a test failed, or a file could not be run at all. */
  isGreen: boolean;
  /** The first test that failed, as `file: name`; null where none did. */
  failed: string | null;
  seconds: number;
}

interface JsonReport {
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
}

/** Runs test files with vitest in that directory, up to the first failure. `abort` kills it. */
export function runTests(directory: string, files: readonly string[], abort: AbortSignal): Promise<TestRun> {
  const report = join(directory, 'node-report.json');
  const vitest = join(directory, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--bail', '1', '--reporter', 'json', '--outputFile', report, ...files];
  // One of an earlier run would speak for a run that wrote none.
  rmSync(report, { force: true });
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: directory, stdio: 'ignore', signal: abort });
    child.on('error', reject);
    child.on('exit', (code) => {
      const seconds = (performance.now() - startedAtMs) / 1000;
      resolve({
        isGreen: code === 0,
        failed: code === 0 ? null : firstFailureIn(report, directory),
        seconds,
      });
    });
  });
}

function firstFailureIn(path: string, directory: string): string | null {
  if (!existsSync(path)) return null;
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as JsonReport;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed) return `${name.slice(directory.length + 1)}: ${failed.fullName}`;
  }
  return null;
}
