import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standIn } from '../fixtures/stand-ins/programs.ts';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';
import { KeptProcess } from './kept-process.ts';
import { startNodeProgram } from './node-program.ts';
import type { Exit, RunningProcess } from './running.ts';

test('a process that was stopped while it was being started, and never gets ready, ends with its grace', async () => {
  const logFile = join(await temporaryDirectory(), 'log');
  let started: RunningProcess | null = null;
  let exit: Exit | null = null;
  const kept = new KeptProcess(
    'silent',
    async () => {
      started = startNodeProgram({
        name: 'silent',
        script: standIn('silent'),
        env: {},
        logFile,
        onWarning: () => {},
      });
      void started.exited.then((how) => {
        exit = how;
      });
      return started;
    },
    () => {},
  );
  let isStopped = false;
  void kept.stop(200).then(() => {
    isStopped = true;
  });
  try {
    await expect.poll(() => isStopped, { timeout: 20_000 }).toBe(true);
    expect(exit).not.toBeNull();
  } finally {
    kept.kill();
  }
});
