import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundle } from './bundle.ts';
import { standIn, standIns } from './fixtures/stand-ins/programs.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { startNodeProgram } from './processes/node-program.ts';
import { StartFailure } from './start-failure.ts';

const start = (script: URL, logFile: string) => {
  const program = startNodeProgram({ name: 'it', script, env: {}, logFile, onWarning: () => {} });
  onTestFinished(() => program.kill());
  return program;
};

test('a bundled program finds what lies beside its source, and what was there before it is gone', async () => {
  const directory = await temporaryDirectory();
  const programs = { ...standIns, worker: standIn('reading') };
  const into = join(directory, 'programs');
  await bundle(programs, into);
  await writeFile(join(into, 'old.mjs'), '');
  const { worker } = await bundle(programs, into);
  expect(await readdir(into)).not.toContain('old.mjs');
  expect(worker.pathname).toMatch(/programs\/worker\.mjs$/);
  await start(worker, join(directory, 'worker.log')).ready;
});

test('why a bundled program cannot start is told as that of a source is', async () => {
  const directory = await temporaryDirectory();
  const { gateway, worker } = await bundle(
    { ...standIns, gateway: standIn('refusing'), worker: standIn('crashing') },
    join(directory, 'programs'),
  );
  await expect(start(gateway, join(directory, 'a.log')).ready).rejects.toThrow(
    /^PORT: somebody else was faster$/,
  );
  await expect(start(worker, join(directory, 'b.log')).ready).rejects.toThrow(/^ended before it was ready/);
});

test('what keeps programs from being bundled is one line', async () => {
  const into = join(await temporaryDirectory(), 'programs');
  const bundling = bundle({ ...standIns, worker: standIn('nobody') }, into);
  await expect(bundling).rejects.toThrow(
    /^the programs could not be bundled into .*programs: .*nobody\.ts"$/,
  );
  await expect(bundling).rejects.toBeInstanceOf(StartFailure);
});
