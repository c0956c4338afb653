import { runningTask, type Task } from './tasks.ts';

/** What becomes of a step: it happens; it happens, and whoever asked is not told; it never reaches anybody. */
export type Fate = 'done' | 'lost' | 'refused';

export type StepOf = 'redis' | 'postgres' | 'provider' | 'queue';

/** A task that waits for the world, and what it asked of it. */
export interface Step {
  readonly task: Task;
  readonly of: StepOf;
  readonly label: string;
  /** Resolves when the world has answered, or failed to; whoever asked hears of it by `Steps.deliver`. */
  take(fate: Fate): Promise<void>;
}

interface Asked<T> {
  perform(): Promise<T>;
  /** What whoever asked sees instead of an answer; `isDone` where it happened all the same. */
  unanswered(isDone: boolean): T | Promise<T>;
}

/**
 * Where every task of a simulation stops: each thing that it asks of a store, a provider or a queue waits here
 * until the schedule lets it happen. Between two steps code runs as it always does, so these are exactly the
 * places at which processes can overtake each other, die, or lose a reply.
 */
export class Steps {
  #waiting: Step[] = [];
  /** Of steps that were taken: what tells their tasks. */
  #answered: { task: Task; tell: () => void }[] = [];
  #breathing = 0;

  /** In the order in which they were asked. */
  get waiting(): readonly Step[] {
    return this.#waiting;
  }

  /** Stops the running task until this step is taken. Steps of dead processes are never answered. */
  ask<T>(of: StepOf, label: string, asked: Asked<T>): Promise<T> {
    const task = runningTask();
    if (!task) throw new Error(`${label} is asked outside of every task`);
    return new Promise<T>((resolve, reject) => {
      const take = async (fate: Fate) => {
        this.#waiting = this.#waiting.filter((other) => other !== step);
        try {
          let answer = fate === 'refused' ? null : await asked.perform();
          if (fate !== 'done') answer = await asked.unanswered(fate === 'lost');
          this.#answered.push({ task, tell: () => resolve(answer as T) });
        } catch (error) {
          this.#answered.push({ task, tell: () => reject(error) });
        }
      };
      const step: Step = { task, of, label, take };
      this.#waiting.push(step);
    });
  }

  /** A task that lets others of its process have their turn in a long calculation waits for nothing of the world. */
  async breathe<T>(turn: Promise<T>): Promise<T> {
    this.#breathing++;
    try {
      return await turn;
    } finally {
      this.#breathing--;
    }
  }

  /**
   * Tells tasks what they were answered, one after the other by their numbers: a commit lets those go on that
   * waited for its locks, and which answer comes over the wire first is chance.
   */
  async deliver(): Promise<void> {
    const answered = this.#answered.sort((a, b) => a.task.number - b.task.number);
    this.#answered = [];
    for (const { task, tell } of answered) {
      if (!task.process.isAlive) continue;
      tell();
      // Until it asks for something or ends: how long it calculates is chance.
      do await new Promise(setImmediate);
      while (this.#breathing > 0);
    }
  }

  /** The next step of a task, if it waits for one. */
  nextOf(taskNumber: number): Step | undefined {
    return this.#waiting.find(({ task }) => task.number === taskNumber);
  }

  /** Forgets what dead processes were waiting for. */
  forgetDead(): void {
    this.#waiting = this.#waiting.filter(({ task }) => task.process.isAlive);
  }
}
