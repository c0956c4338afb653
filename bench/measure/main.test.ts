import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../supervisor/fixtures/temporary-directory.ts';
import type { Result } from './results/result.ts';

/** What somebody runs for real, and a bench must not touch: nothing answers there. */
const exported = {
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgres://127.0.0.1:1/shop',
  PROVIDER_URL: 'http://127.0.0.1:1',
  AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks',
};

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/measure/main.ts', ...args], {
    timeout: 240_000,
    env: { ...process.env, ...exported },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );

test('a tiny run on a whole system leaves figures, a report and an exit code', {
  timeout: 250_000,
}, async () => {
  const directory = await temporaryDirectory();
  const tiny = ['--scenario', 'browse', '--rounds', '1', '--duration', '1', '--connections', '4'];
  const kept = ['--threshold', 'browse.rate>0', '--threshold', 'browse.uws-constant>1000'];
  const { code, output } = await bench(...tiny, ...kept, '--generator', 'autocannon', '--results', directory);
  expect(output).toContain('kept   browse.rate>0');
  expect(output).toContain('BROKEN browse.uws-constant>1000');
  expect(code).toBe(99);
  const folder = join(directory, readdirSync(directory)[0] as string);
  const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as Result;
  expect(result.scoreboard[0]).toMatchObject({
    scenario: 'browse',
    subject: 'doorbuster',
    opponent: 'uws-constant',
  });
  expect(result.figures.find(({ name }) => name === 'p99')?.median).toBeGreaterThan(0);
  const report = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(report).toContain('uPlot');
  expect(report).not.toMatch(/(?:src|href)="https?:/);
  expect(existsSync(join(folder, 'browse.doorbuster.hgrm'))).toBe(true);

  const compared = await bench('--compare', folder, join(folder, 'result.json'));
  expect(compared.code).toBe(1);
  expect(compared.output).toContain('one round has no spread to compare by');
});

test('what cannot be compared is a sentence', { timeout: 60_000 }, async () => {
  const { code, output } = await bench('--compare', 'nowhere', 'package.json');
  expect(code).toBe(1);
  expect(output).toContain('nowhere cannot be compared');
});

test('runs that have nothing in common do not agree', { timeout: 60_000 }, async () => {
  const directory = await temporaryDirectory();
  const runs = ['reserve', 'join'].map((scenario) => {
    const file = join(directory, `${scenario}.json`);
    const rounds = [{ scenario, name: 'rate', unit: '/s', subject: [1, 2, 3] }];
    writeFileSync(file, JSON.stringify({ commit: '', machine: {}, options: {}, scoreboard: [], rounds }));
    return file;
  }) as [string, string];
  const { code, output } = await bench('--compare', ...runs);
  expect(code).toBe(1);
  expect(output).toContain('no figure in common');
  expect((await bench('--compare', runs[0], runs[0])).code).toBe(0);
});
