import { setTimeout as sleep } from 'node:timers/promises';
import { awayKinds } from '../absence.ts';
import { isAlive, processesOf } from '../processes.ts';
import type { Drill, Scene } from '../scene.ts';
import { until } from '../until.ts';
import { answers } from './redis-socket.ts';

const secondsInTurn = [1, 10, 60];
const turns = secondsInTurn.flatMap((seconds) => awayKinds.map((kind) => ({ seconds, kind })));

/** Buyers are left alone after so long in all: a run takes minutes, not hours. One absence there always is. */
const awaySecondsMax = 120;

/** Longer than it takes to start and to read the files of a drill. */
const backWithinMs = 30_000;

const absence: Pick<Drill, 'pauseMs' | 'prepare'> = {
  pauseMs: [4_000, 8_000],
  prepare: async (_, seed, given) => {
    const turn = turns[(seed + turns.length - 1) % turns.length] as (typeof turns)[number];
    const seconds = given.awaySeconds ?? turn.seconds;
    const kind = given.awayKind ?? turn.kind;
    let awaySeconds = 0;
    return {
      begin: async (scene) => ({
        async strike() {
          if (awaySeconds > 0 && awaySeconds + seconds > awaySecondsMax) return null;
          const absence = await (kind === 'hanging' ? hang : die)(scene, seconds);
          if (absence) awaySeconds += seconds;
          return absence && { what: `redis ${kind}: ${seconds} s`, absence };
        },
      }),
    };
  },
};

export const redisAway: Drill = {
  ...absence,
  name: 'redis-away',
  summary: 'Redis hangs, or is dead, for 1, 10 or 60 s (--away, --away-kind; else each seed takes the next)',
  sellingSecondsMin: 40,
};

export const redisAwaySlow: Drill = {
  ...absence,
  name: 'redis-away-slow',
  summary: 'the same to a sale without a waiting room that goes on through Postgres; its buyers come evenly',
  sellingSecondsMin: 100,
  crowd: 'paced',
  whenRedisIsDown: 'slow',
  mayLoseHolds: true,
};

async function hang({ system }: Scene, seconds: number) {
  const redis = processesOf(system).find(({ role }) => role === 'redis');
  if (!redis) return null;
  const leftAtMs = Date.now();
  process.kill(redis.pid, 'SIGSTOP');
  try {
    await sleep(seconds * 1_000);
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
  return { leftAtMs, returnedAtMs: Date.now() };
}

/** Its supervisor is stopped meanwhile: it would start Redis again within 100 ms. Back is who answers. */
async function die({ system }: Scene, seconds: number) {
  const redis = processesOf(system).find(({ role }) => role === 'redis');
  if (!redis) return null;
  process.kill(system.supervisorPid, 'SIGSTOP');
  const leftAtMs = Date.now();
  try {
    process.kill(redis.pid, 'SIGKILL');
    await until(() => !isAlive(system, redis), 5_000, 'Redis to be gone');
    await sleep(seconds * 1_000);
  } finally {
    process.kill(system.supervisorPid, 'SIGCONT');
  }
  await until(() => answers(system.dataDir), backWithinMs, 'Redis to answer again');
  return { leftAtMs, returnedAtMs: Date.now() };
}
