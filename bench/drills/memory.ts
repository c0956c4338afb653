import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../demo/system.ts';
import { processesOf, type Role } from './processes.ts';

/** What the processes of a role took at the median, before and after, in MiB. */
export interface MemoryOfRole {
  role: Role | 'supervisor';
  /** From the first sixth of the time to the second; null where it was not seen then. */
  earlyMiB: number | null;
  /** In the last sixth. */
  lateMiB: number | null;
  samples: number;
}

interface Sample {
  role: MemoryOfRole['role'];
  atMs: number;
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
        const mib = atMs - seenMs < ageMsMin ? null : residentMiB(pid, role === 'postgres');
        if (mib !== null) this.#samples.push({ role, atMs, mib });
      }
      await sleep(lookEveryMs);
    }
  }
}

/** Medians by role of what was seen over a time. */
export function memoryOf(samples: readonly Sample[], durationMs: number): MemoryOfRole[] {
  return roles.map((role) => {
    const within = (from: number, to: number) =>
      samples
        .filter((one) => one.role === role && one.atMs >= from * durationMs && one.atMs < to * durationMs)
        .map(({ mib }) => mib);
    const [early, late] = [within(1 / 6, 2 / 6), within(5 / 6, 1)];
    return { role, earlyMiB: median(early), lateMiB: median(late), samples: early.length + late.length };
  });
}

/** Those that grew, as violations; one that was not seen may have. */
export const grown = (memory: readonly MemoryOfRole[]): string[] =>
  memory.flatMap(({ role, earlyMiB, lateMiB }) => {
    if (earlyMiB === null || lateMiB === null) return [`${role} was not seen early on and at the end`];
    return lateMiB > earlyMiB * growthMax ? [`${role} grew from ${earlyMiB} to ${lateMiB} MiB`] : [];
  });

function median(numbers: number[]): number | null {
  if (numbers.length === 0) return null;
  const sorted = numbers.sort((a, b) => a - b);
  return Math.round((sorted[sorted.length >> 1] as number) * 10) / 10;
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
