import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from '../demo/system.ts';

/** What a process of the system is, as far as a fault can be aimed at it. */
export type Role = 'gateway' | 'operator' | 'worker' | 'redis' | 'postgres';

export interface SystemProcess {
  role: Role;
  pid: number;
}

const programs: readonly [Role, RegExp][] = [
  ['operator', /\/programs\/operator\.mjs$/],
  ['gateway', /\/programs\/gateway\.mjs$/],
  ['worker', /\/programs\/worker\.mjs$/],
];

/**
 * The processes of a running system, as anybody on the machine sees them: children of its supervisor by
 * their command line, and the stores by the pid files in its data directory. Whatever is between two lives
 * is not in it.
 */
export function processesOf({ supervisorPid, dataDir }: System): SystemProcess[] {
  const alive = table();
  const found: SystemProcess[] = [];
  for (const { pid, parent, command } of alive.values()) {
    const role = parent === supervisorPid && programs.find(([, program]) => program.test(command))?.[0];
    if (role) found.push({ role, pid });
  }
  const stores = [
    ['redis', join(dataDir, 'redis', 'redis.pid')],
    ['postgres', join(dataDir, 'postgres', 'postmaster.pid')],
  ] as const;
  for (const [role, pidFile] of stores) {
    const pid = pidIn(pidFile);
    // A pid file outlives its process: only a command line that names our data is the store.
    if (alive.get(pid)?.command.includes(dataDir)) found.push({ role, pid });
  }
  return found;
}

/** False also where the pid belongs to something else by now. */
export const isAlive = (system: System, { role, pid }: SystemProcess): boolean =>
  processesOf(system).some((process) => process.role === role && process.pid === pid);

function table(): Map<number, { pid: number; parent: number; command: string }> {
  const text = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 16 * 2 ** 20,
  });
  const rows = text.split('\n').flatMap((line) => {
    const { pid, parent, state, command } =
      /^\s*(?<pid>\d+)\s+(?<parent>\d+)\s+(?<state>\S+)\s+(?<command>.*)$/.exec(line)?.groups ?? {};
    if (pid === undefined || state?.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), command: command ?? '' }];
  });
  return new Map(rows.map((row) => [row.pid, row]));
}

function pidIn(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return -1;
  }
}
