import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../demo/system.ts';
import { processesOf, type Role } from './processes.ts';

/** What the processes of a role took before and after, in MiB, at like ages. */
export interface MemoryOfRole {
  role: Role | 'supervisor';
  /** From the first sixth of the time to the second; null where none was seen at the same age in both. */
  earlyMiB: number | null;
  /** In the last sixth. */
  lateMiB: number | null;
  /** Looks at those that are compared. */
  samples: number;
}

interface Sample {
  role: MemoryOfRole['role'];
  pid: number;
  atMs: number;
  ageMs: number;
  mib: number;
}

const roles = ['supervisor', 'gateway', 'operator', 'worker', 'redis', 'postgres'] as const;
const lookEveryMs = 2_000;
/** A process that has just begun says nothing about one that goes on. */
const ageMsMin = 20_000;
/** After a sixth of the time a process may not take more than this of what it took then. */
export const growthMax = 1.05;

/**
 * Looks at the memory of a system's processes while they die and have successors: their own, and their proportional
 * share of what they share (Pss_Anon, Pss_Shmem), of Postgres with all its children. Not their share of the files of
 * their programs: it says how many other processes of Node run on the machine.
 */
export class MemoryWatch {
  readonly #system: System;
  readonly #samples: Sample[] = [];
  readonly #firstSeenMs = new Map<number, number>();
  readonly #beganAtMs = performance.now();
  #isOver = false;
  readonly #looking: Promise<void>;

  constructor(system: System) {
    this.#system = system;
    this.#looking = this.#look();
  }

  async stop(): Promise<MemoryOfRole[]> {
    this.#isOver = true;
    await this.#looking;
    return memoryOf(this.#samples, performance.now() - this.#beganAtMs);
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const { supervisorPid } = this.#system;
      for (const { role, pid } of [
        { role: 'supervisor' as const, pid: supervisorPid },
        ...processesOf(this.#system),
      ]) {
        const atMs = performance.now() - this.#beganAtMs;
        const seenMs = this.#firstSeenMs.get(pid) ?? atMs;
        this.#firstSeenMs.set(pid, seenMs);
        const ageMs = atMs - seenMs;
        const mib = ageMs < ageMsMin ? null : residentMiB(pid, role === 'postgres');
        if (mib !== null) this.#samples.push({ role, pid, atMs, ageMs, mib });
      }
      await sleep(lookEveryMs);
    }
  }
}

/**
 * What was seen of each role over a time. Who lives on is compared with itself, successors with predecessors of the
 * same age: a gateway takes 46 MiB after 20 s and 58 after three minutes, from when on it stays there (Node's heap),
 * so the median of whichever happened to be alive then grew by 9 % in one run and shrank in another.
 */
export function memoryOf(samples: readonly Sample[], durationMs: number): MemoryOfRole[] {
  return roles.map((role) => {
    const within = (from: number, to: number) =>
      samples.filter(
        (one) => one.role === role && one.atMs >= from * durationMs && one.atMs < to * durationMs,
      );
    return { role, ...atLikeAges(within(1 / 6, 2 / 6), within(5 / 6, 1)) };
  });
}

/** Means of the medians of those that are alike, each with the weight of the fewer looks. */
function atLikeAges(early: readonly Sample[], late: readonly Sample[]): Omit<MemoryOfRole, 'role'> {
  const livedOn = new Set(late.map(({ pid }) => pid).filter((pid) => early.some((one) => one.pid === pid)));
  // Ages are alike where neither is twice the other.
  const kindOf = ({ pid, ageMs }: Sample) =>
    livedOn.has(pid) ? `pid ${pid}` : `2^${Math.floor(Math.log2(ageMs / ageMsMin))}`;
  const ofKind = (samples: readonly Sample[], kind: string) => samples.filter((one) => kindOf(one) === kind);
  let [earlySum, lateSum, weights, samples] = [0, 0, 0, 0];
  for (const kind of new Set(early.map(kindOf))) {
    const [before, after] = [ofKind(early, kind), ofKind(late, kind)];
    if (after.length === 0) continue;
    const weight = Math.min(before.length, after.length);
    earlySum += weight * medianMiB(before);
    lateSum += weight * medianMiB(after);
    weights += weight;
    samples += before.length + after.length;
  }
  const mean = (sum: number) => (weights === 0 ? null : Math.round((sum / weights) * 10) / 10);
  return { earlyMiB: mean(earlySum), lateMiB: mean(lateSum), samples };
}

/** Those that grew, as violations; one that was not seen may have. */
export const grown = (memory: readonly MemoryOfRole[]): string[] =>
  memory.flatMap(({ role, earlyMiB, lateMiB }) => {
    if (earlyMiB === null || lateMiB === null) {
      return [`${role} was not seen at the same age early on and at the end`];
    }
    return lateMiB > earlyMiB * growthMax ? [`${role} grew from ${earlyMiB} to ${lateMiB} MiB`] : [];
  });

function medianMiB(samples: readonly Sample[]): number {
  const sorted = samples.map(({ mib }) => mib).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** Null where it is gone. */
function residentMiB(pid: number, withChildren: boolean): number | null {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const own = [...rollup.matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB/gm)].map(([, kB]) => Number(kB) / 1024);
    if (own.length === 0) return null;
    const children = withChildren ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') : '';
    const ofChildren = children
      .split(' ')
      .filter(Boolean)
      .map((child) => residentMiB(Number(child), false) ?? 0);
    return [...own, ...ofChildren].reduce((sum, mib) => sum + mib, 0);
  } catch {
    return null;
  }
}
