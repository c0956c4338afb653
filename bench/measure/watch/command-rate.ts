import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisCli } from '../redis-cli.ts';
import { callsBetween } from '../redis-commands.ts';
import type { Subject } from '../subject.ts';

/** A second and a tick cost the same where ticks come on time; a machine that does other things, too, makes them late. */
export interface CommandRate {
  perSecond: number;
  /** For each script that was called from outside: a waiting sale calls none but the tick. */
  perScript: number;
}

/**
 * Commands that Redis runs, those of scripts included, while one gateway alone is awake: the
 * system's own one and the workers stand still meanwhile.
 */
export async function commandRate(subject: Subject, redis: RedisCli, seconds: number): Promise<CommandRate> {
  const others = [...subject.workerPids(), ...subject.gatewayPids()];
  for (const pid of others) process.kill(pid, 'SIGSTOP');
  try {
    await sleep(500);
    const before = await redis.commandCalls();
    const startMs = performance.now();
    await sleep(seconds * 1000);
    const after = await redis.commandCalls();
    const passed = (performance.now() - startMs) / 1000;
    const calls = callsBetween(before, after);
    const scripts = (after.get('evalsha') ?? 0) - (before.get('evalsha') ?? 0);
    return { perSecond: calls / passed, perScript: calls / scripts };
  } finally {
    for (const pid of others) process.kill(pid, 'SIGCONT');
  }
}
