import { expect, test } from 'vitest';
import { cpuSecondsIn, cpuSecondsOf, ownBytesIn, ownBytesOf } from './process-facts.ts';

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
