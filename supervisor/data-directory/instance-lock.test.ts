import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../fixtures/temporary-directory.ts';
import { identityOf } from '../processes/identity.ts';
import { lockDirectory } from './instance-lock.ts';

test('a lock that is held names its holder; released, it is gone', async () => {
  const directory = await temporaryDirectory();
  const lock = lockDirectory(directory);
  expect(lock.wasAbandoned).toBe(false);
  expect(() => lockDirectory(directory)).toThrow(
    `in use by the instance with pid ${process.pid}; stop that one`,
  );
  lock.release();
  expect(await readdir(directory)).toEqual([]);
});

test('the lock of a process that is dead is taken over', async () => {
  const directory = await temporaryDirectory();
  const dead = spawn('true');
  await once(dead, 'exit');
  await writeFile(join(directory, 'supervisor.pid'), JSON.stringify({ pid: dead.pid, startedAt: '1' }));
  expect(lockDirectory(directory).wasAbandoned).toBe(true);
  expect(await readFile(join(directory, 'supervisor.pid'), 'utf8')).toContain(`"pid":${process.pid},`);
});

test('a pid that another process has been given since holds nothing', async () => {
  const directory = await temporaryDirectory();
  const startedAt = `${identityOf(process.pid)?.startedAt}0`;
  await writeFile(join(directory, 'supervisor.pid'), JSON.stringify({ pid: process.pid, startedAt }));
  expect(lockDirectory(directory).wasAbandoned).toBe(true);
});

test('a damaged lock file holds nothing', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'supervisor.pid'), '{"pid":');
  expect(lockDirectory(directory).wasAbandoned).toBe(true);
});
