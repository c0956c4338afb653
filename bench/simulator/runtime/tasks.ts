import { AsyncLocalStorage } from 'node:async_hooks';
import type { SetClock } from './clock.ts';
import type { Steps } from './steps.ts';

/** One of the programs that a simulation runs: what it waits for is lost when it dies. */
export interface Process {
  readonly name: string;
  isAlive: boolean;
  readonly clock: SetClock;
  readonly steps: Steps;
  /** Takes the place of chance. */
  readonly dice: () => number;
}

/** Something that a process does, from its beginning to its end; everything that it awaits knows of it. */
export interface Task {
  /** How a schedule names it. */
  readonly number: number;
  readonly name: string;
  readonly process: Process;
  isOver: boolean;
}

const current = new AsyncLocalStorage<Task>();

/** The task that is running, or undefined outside of every simulation. */
export const runningTask = (): Task | undefined => current.getStore();

/** Runs something as a part of a task. */
export const runIn = <R>(task: Task, run: () => R): R => current.run(task, run);
