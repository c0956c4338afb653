import { cpuSecondsOf, cpuSecondsOfTree } from '../process-facts.ts';
import type { Subject } from '../subject.ts';

/** Seconds of CPU by program: a store's sessions are its own, and of several gateways it is the sum. */
export function cpuByProgram(subject: Subject): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const { name, pid } of subject.processes()) {
    const program = name.replace(/-\d+$/, '');
    const used = program === 'Postgres' ? cpuSecondsOfTree(pid) : cpuSecondsOf(pid);
    seconds.set(program, (seconds.get(program) ?? 0) + used);
  }
  return seconds;
}

/** What was used between two looks, by program. */
export const cpuBetween = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Map<string, number> =>
  new Map([...after].map(([program, seconds]) => [program, seconds - (before.get(program) ?? 0)]));
