import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { standIn } from './fixtures/stand-ins/programs.ts';

test('one Ctrl-C that arrives several times stops; the next press kills', async () => {
  const child = fork(standIn('stoppable'), { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  const heard: unknown[] = [];
  child.on('message', (message) => heard.push(message));
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) child.kill(signal);
  await sleep(700);
  expect(child.exitCode).toBe(null);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([7, null]);
  expect(heard).toEqual(['stop']);
});
