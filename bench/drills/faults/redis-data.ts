import { cp, mkdir, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processesOf } from '../processes.ts';
import { between, type Drill, type Fault, pick, type Scene } from '../scene.ts';
import { until } from '../until.ts';

/** What is done to the append-only files of a Redis that was killed, before it is started again. */
type Damage = (files: string, next: () => number) => Promise<string>;

/**
 * Kills Redis and damages its data. Its supervisor is stopped meanwhile: it would start Redis again, on
 * data that is not damaged yet, within 100 ms.
 */
async function strikeData({ system, next }: Scene, damage: Damage): Promise<string | null> {
  const redis = processesOf(system).find(({ role }) => role === 'redis');
  if (!redis) return null;
  process.kill(system.supervisorPid, 'SIGSTOP');
  try {
    process.kill(redis.pid, 'SIGKILL');
    await until(() => !isAlive(system, redis), 5_000, 'Redis to be gone');
    return await damage(filesOf(system), next);
  } finally {
    process.kill(system.supervisorPid, 'SIGCONT');
  }
}

const filesOf = ({ dataDir }: Scene['system']) => join(dataDir, 'redis', 'appendonlydir');

const lasting = (scene: Scene, damage: Damage): Fault => ({ strike: () => strikeData(scene, damage) });

export const redisWipe: Drill = {
  name: 'redis-wipe',
  summary: 'Redis dies and comes back empty, with tickets and tokens in flight',
  pauseMs: [1_000, 5_000],
  sellingSecondsMin: 30,
  mayLoseHolds: true,
  prepare: async () => ({
    begin: async (scene) =>
      lasting(scene, async (files) => {
        await rm(files, { recursive: true, force: true });
        return 'redis emptied';
      }),
  }),
};

export const aofCut: Drill = {
  name: 'aof-cut',
  summary: 'power loss: Redis dies and the tail of its append-only file is cut at a random byte',
  pauseMs: [1_000, 5_000],
  sellingSecondsMin: 30,
  mayLoseHolds: true,
  prepare: async () => ({ begin: async (scene) => lasting(scene, cutTail) }),
};

/** Most cuts are short, as those of a power loss are; one in eight may take half of the file. */
const shortCutBytesMax = 4_096;

async function cutTail(files: string, next: () => number): Promise<string> {
  const newest = (await readdir(files))
    .filter((name) => name.endsWith('.incr.aof'))
    .sort(byNumber)
    .at(-1);
  if (newest === undefined) return 'nothing to cut';
  const file = join(files, newest);
  const { size } = await stat(file);
  const most = next() < 0.125 ? size / 2 : Math.min(size, shortCutBytesMax);
  const bytes = Math.floor(between(1, most, next));
  await truncate(file, size - bytes);
  return `tail cut: ${bytes} bytes`;
}

const byNumber = (a: string, b: string) => numberIn(a) - numberIn(b);
const numberIn = (name: string) => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? 0);

const copyEveryMs = 500;
const copyAgeMsMax = 5_000;

export const redisRollback: Drill = {
  name: 'redis-rollback',
  summary: 'Redis dies and comes back from a copy that is up to 5 s older',
  pauseMs: [2_000, 6_000],
  sellingSecondsMin: 30,
  mayLoseHolds: true,
  prepare: async () => ({ begin: async (scene) => rollback(scene) }),
};

/** Copies the files while Redis writes them: it starts on a copy as after a power loss at that moment. */
async function rollback(scene: Scene): Promise<Fault> {
  const copies: { atMs: number; path: string }[] = [];
  const home = join(scene.system.dataDir, 'redis-copies');
  await mkdir(home, { recursive: true });
  let isOver = false;
  const copying = (async () => {
    for (let number = 0; !isOver; number++) {
      const path = join(home, String(number));
      const atMs = performance.now();
      const isWhole = await cp(filesOf(scene.system), path, { recursive: true }).then(
        () => true,
        () => false,
      );
      if (isWhole) copies.push({ atMs, path });
      while (performance.now() - (copies[0]?.atMs ?? Number.POSITIVE_INFINITY) > copyAgeMsMax) {
        await rm((copies.shift() as { path: string }).path, { recursive: true, force: true });
      }
      await sleep(copyEveryMs);
    }
  })();
  return {
    strike: () =>
      strikeData(scene, async (files, next) => {
        // What was copied before belongs to a past that is over now, and is not removed while it is used.
        const copy = pick(copies.splice(0), next);
        if (!copy) return 'no copy yet';
        const ageMs = performance.now() - copy.atMs;
        await rm(files, { recursive: true, force: true });
        await cp(copy.path, files, { recursive: true });
        return `rolled back: ${(ageMs / 1000).toFixed(1)} s`;
      }),
    async end() {
      isOver = true;
      await copying;
    },
  };
}
