import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../log.ts';

/** Pieces of work that wait; whoever is turned away asks again with the next poll. */
const waitingMax = 1_000;
/**
 * After a block, which costs this process 2 ms, others have their turn for so long: a crowd that asks for
 * its proofs takes a sixth of a gateway at most.
 */
const pauseMs = 10;

interface Waiting<R> {
  result: Promise<R>;
  begin(): Promise<unknown>;
}

/** Work that must not take a process over: one piece at a time, each named once, with pauses in between. */
export class InTurn<R> {
  readonly #waiting = new Map<string, Waiting<R | null>>();
  readonly #log: Log;
  #isWorking = false;
  #isFailing = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** What the piece of that name results in, whoever asked for it first; null where too many wait already. */
  of(name: string, work: () => Promise<R>): Promise<R | null> {
    const known = this.#waiting.get(name);
    if (known) return known.result;
    if (this.#waiting.size >= waitingMax) return Promise.resolve(null);
    let begin = (): Promise<unknown> => Promise.resolve();
    const result = new Promise<R>((resolve, reject) => {
      begin = () =>
        work()
          .then(resolve, reject)
          .then(() => result);
    });
    this.#waiting.set(name, { result, begin: () => begin() });
    void this.#work();
    return result;
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (const [name, { begin }] of this.#waiting) {
      try {
        await begin();
        this.#isFailing = false;
      } catch (error) {
        // An outage is one line of log, not one a block.
        if (!this.#isFailing)
          this.#log.warn({ reason: (error as Error).message }, 'proofs cannot be fetched');
        this.#isFailing = true;
      }
      this.#waiting.delete(name);
      await pause(pauseMs);
    }
    this.#isWorking = false;
  }
}
