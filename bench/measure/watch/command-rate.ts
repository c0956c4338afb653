import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisCli } from '../redis-cli.ts';
import type { Subject } from '../subject.ts';

/** Asking for these is ours. */
const ownCommands = new Set([
  'info',
  'auth',
  'hello',
  'client',
  'client|setname',
  'client|setinfo',
  'command',
]);

/**
 * Commands a second that Redis runs, those of scripts included, while one gateway alone is awake: the
 * system's own one and the workers stand still meanwhile.
 */
export async function commandRate(subject: Subject, redis: RedisCli, seconds: number): Promise<number> {
  const others = [...subject.workerPids(), ...subject.gatewayPids()];
  for (const pid of others) process.kill(pid, 'SIGSTOP');
  try {
    await sleep(500);
    const before = await redis.commandCalls();
    const startMs = performance.now();
    await sleep(seconds * 1000);
    const after = await redis.commandCalls();
    const passed = (performance.now() - startMs) / 1000;
    return callsBetween(before, after) / passed;
  } finally {
    for (const pid of others) process.kill(pid, 'SIGCONT');
  }
}

/** Calls of all commands but our own. */
export function callsBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number {
  let calls = 0;
  for (const [name, count] of after) {
    if (!ownCommands.has(name)) calls += count - (before.get(name) ?? 0);
  }
  return calls;
}
