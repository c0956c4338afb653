import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { standIn } from './fixtures/stand-ins/programs.ts';

/** Starts the stand-in through that shell command; resolves with the lines that it prints once it runs. */
async function start(shellCommand: string, env: Record<string, string> = {}) {
  const shell = spawn(
    '/bin/sh',
    ['-c', shellCommand, process.execPath, fileURLToPath(standIn('stoppable'))],
    { env: { ...process.env, npm_lifecycle_event: undefined, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines: string[] = [];
  const output = createInterface({ input: shell.stdout }).on('line', (line) => lines.push(line));
  await once(output, 'line');
  return { shell, lines, pid: Number(lines.shift()?.slice('pid '.length)) };
}

test('one Ctrl-C that arrives several times stops; the next press kills', async () => {
  const { shell, lines } = await start('exec "$0" --import tsx "$1"');
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) shell.kill(signal);
  await sleep(700);
  expect(shell.exitCode).toBe(null);
  shell.kill('SIGINT');
  expect(await once(shell, 'exit')).toEqual([7, null]);
  expect(lines).toEqual(['stop']);
});

test('where npm is killed, its program stops', async () => {
  const npm = await start('"$0" --import tsx "$1" & wait', { npm_lifecycle_event: 'start' });
  npm.shell.kill('SIGKILL');
  await vi.waitFor(() => expect(npm.lines).toEqual(['stop']), { timeout: 60_000 });
  process.kill(npm.pid, 'SIGKILL');
});
