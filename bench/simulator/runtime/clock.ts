import { runIn, type Task } from './tasks.ts';

/** What `setTimeout` gives to code that is simulated. */
export class SetTimer {
  readonly dueMs: number;
  readonly ring: () => void;
  readonly task: Task;

  constructor(dueMs: number, ring: () => void, task: Task) {
    this.dueMs = dueMs;
    this.ring = ring;
    this.task = task;
  }

  // What of node's own timers is asked for.
  ref = () => this;
  unref = () => this;
  hasRef = () => true;
}

/** The only clock of a simulation: it moves when it is told to, and rings what has become due, in order. */
export class SetClock {
  readonly startMs: number;
  nowMs: number;
  #timers: SetTimer[] = [];

  constructor(startMs: number) {
    this.startMs = startMs;
    this.nowMs = startMs;
  }

  set(ring: () => void, afterMs: number, task: Task): SetTimer {
    const timer = new SetTimer(this.nowMs + Math.max(1, afterMs), ring, task);
    this.#timers.push(timer);
    return timer;
  }

  clear(timer: SetTimer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }

  /** When the next timer rings, of those whose process lives; null where none is set. */
  nextMs(): number | null {
    this.#timers = this.#timers.filter(({ task }) => task.process.isAlive);
    return this.#timers.length === 0 ? null : Math.min(...this.#timers.map(({ dueMs }) => dueMs));
  }

  pass(ms: number): void {
    this.nowMs += ms;
    if (this.#timers.length === 0) return;
    const due = this.#timers.filter(({ dueMs }) => dueMs <= this.nowMs).sort((a, b) => a.dueMs - b.dueMs);
    this.#timers = this.#timers.filter(({ dueMs }) => dueMs > this.nowMs);
    for (const { ring, task } of due) if (task.process.isAlive) runIn(task, ring);
  }
}
