import { execFileSync, spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { cpuSecondsIn, cpuSecondsOf, cpuSecondsOfTree, ownBytesIn, ownBytesOf } from './process-facts.ts';

test('user and system time are added, whatever the name of the program', () => {
  const after = `S 1 2 3 4 5 6 7 8 9 10 ${123} ${77} 13 14`;
  expect(cpuSecondsIn(`42 (node) ${after}`)).toBe(2);
  expect(cpuSecondsIn(`42 (a (b) c) ${after}`)).toBe(2);
});

test('the memory of a process itself is told in kB', () => {
  expect(ownBytesIn('Name:\tnode\nRssAnon:\t  1024 kB\nVmData:\t 9 kB\n')).toBe(1_048_576);
  expect(ownBytesIn('Name:\tzombie\n')).toBeNaN();
});

test('the kernel says so of this process', () => {
  expect(cpuSecondsOf(process.pid)).toBeGreaterThan(0);
  expect(ownBytesOf(process.pid)).toBeGreaterThan(10_000_000);
});

test('a tree is a process with its children, those that have ended included', async () => {
  const work = 'let n = 0; while (process.cpuUsage().user < 300_000) n += 1;';
  const before = cpuSecondsOfTree(process.pid);
  execFileSync(process.execPath, ['-e', work]);
  const withEnded = cpuSecondsOfTree(process.pid);
  expect(withEnded - before).toBeGreaterThanOrEqual(0.3);

  const child = spawn(process.execPath, [
    '-e',
    `${work} process.stdout.write('done'); setInterval(() => {}, 1000);`,
  ]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(cpuSecondsOfTree(process.pid) - withEnded).toBeGreaterThanOrEqual(0.3);
  child.kill();
});
