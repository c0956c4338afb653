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

/** The same with its children, those that have ended included. */
export function cpuSecondsOfTree(pid: number): number {
  const fields = fieldsOf(factsOf(pid, 'stat'));
  const ended = (Number(fields[13]) + Number(fields[14])) / clockTicksPerSecond;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + aliveCpuSecondsOf(Number(child)), cpuSecondsOf(pid) + ended);
}

/** 0 for one that ended since it was named. */
function aliveCpuSecondsOf(pid: number): number {
  try {
    return cpuSecondsOf(pid);
  } catch {
    return 0;
  }
}

/** Bytes of memory that a process wrote itself: the kernel may take what it only read from files back at any time. */
export const ownBytesOf = (pid: number): number => ownBytesIn(factsOf(pid, 'status'));

/** From /proc/<pid>/stat; the name in brackets may hold blanks and brackets. */
export function cpuSecondsIn(stat: string): number {
  const fields = fieldsOf(stat);
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}

/** Those after the name of the program. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/** From /proc/<pid>/status. */
export const ownBytesIn = (status: string): number =>
  Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
