import { readFileSync } from 'node:fs';
import { BenchFailure } from './failure.ts';

const clockTicksPerSecond = 100;

/** What the kernel says of a process. Linux alone keeps it in files. */
function factsOf(pid: number, name: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    throw new BenchFailure(`what process ${pid} uses cannot be read: ${(error as Error).message}`);
  }
}

/** Seconds of CPU that a process has used, in user and system mode, over all of its threads. */
export const cpuSecondsOf = (pid: number): number => cpuSecondsIn(factsOf(pid, 'stat'));

/** Bytes of memory that a process wrote itself: the kernel may take what it only read from files back at any time. */
export const ownBytesOf = (pid: number): number => ownBytesIn(factsOf(pid, 'status'));

/** From /proc/<pid>/stat; the name in brackets may hold blanks and brackets. */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}

/** From /proc/<pid>/status. */
export const ownBytesIn = (status: string): number =>
  Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
