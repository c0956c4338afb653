import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisCli } from '../redis-cli.ts';
import { callsBetween } from '../redis-commands.ts';
import type { Subject } from '../subject.ts';

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
