import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, StartFailure } from '../start-failure.ts';
import { describeExit, type RunningProcess } from './running.ts';

const backoffMs = { first: 100, max: 1_000 };
const watchedMs = 10_000;
const deathsMax = 5;

/**
 * A process that is started again whenever it ends, at most a second later, for as long as it takes: the
 * sale goes on. Only before it was ready for the first time it is given up: on a foreseeable failure at
 * once, else after dying five times within ten seconds.
 */
export class KeptProcess {
  readonly name: string;
  /** Settles when it is ready for the first time, or will never be. */
  readonly ready: Promise<void>;
  /** Resolves after `stop`; rejects with a `StartFailure` when it was given up. */
  readonly ended: Promise<void>;
  readonly #start: () => RunningProcess | Promise<RunningProcess>;
  readonly #say: (line: string) => void;
  readonly #stopping = new AbortController();
  #reportReady: () => void = () => {};
  #current: RunningProcess | null = null;
  #restarts = 0;
  /** How long it may take to end once it is stopped. */
  #graceMs = 0;
  #hasBeenReady = false;

  constructor(
    name: string,
    start: () => RunningProcess | Promise<RunningProcess>,
    say: (line: string) => void,
  ) {
    this.name = name;
    this.#start = start;
    this.#say = say;
    const isReady = new Promise<void>((resolve) => {
      this.#reportReady = resolve;
    });
    this.ended = this.#keep();
    const hasEnded = this.ended.then(() => {
      throw new StartFailure(`${name} was stopped`);
    });
    this.ready = Promise.race([isReady, hasEnded]);
    this.ready.catch(() => {});
  }

  /** Of the present incarnation; null between two. */
  get pid(): number | null {
    return this.#current?.pid ?? null;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Ends it for good; after `graceMs` it is killed. */
  async stop(graceMs: number): Promise<void> {
    this.#graceMs = graceMs;
    this.#stopping.abort();
    await this.#current?.stop(graceMs);
    await this.ended.catch(() => {});
  }

  /** Ends it for good, at once. */
  kill(): void {
    this.#stopping.abort();
    this.#current?.kill();
  }

  async #keep(): Promise<void> {
    let deaths: number[] = [];
    let delayMs = backoffMs.first;
    while (!this.#stopping.signal.aborted) {
      const bornAt = performance.now();
      const cause = await this.#live();
      const diedAt = performance.now();
      this.#current = null;
      if (this.#stopping.signal.aborted) return;
      deaths = [...deaths.filter((at) => diedAt - at < watchedMs), diedAt];
      if (!this.#hasBeenReady && deaths.length >= deathsMax) {
        throw new StartFailure(`${this.name} died ${deathsMax} times within ${watchedMs / 1000} s: ${cause}`);
      }
      this.#say(`${this.name} ${cause}; starting it again`);
      if (diedAt - bornAt > backoffMs.max * 2) delayMs = backoffMs.first;
      await sleep(delayMs, null, { signal: this.#stopping.signal }).catch(() => {});
      delayMs = Math.min(delayMs * 2, backoffMs.max);
      this.#restarts++;
    }
  }

  /** One life, from start to end; returns what it ended of. */
  async #live(): Promise<string> {
    try {
      this.#current = await this.#start();
      if (this.#stopping.signal.aborted) await this.#callOff(this.#current);
      await this.#current.ready;
      this.#hasBeenReady = true;
      this.#reportReady();
      return `ended (${describeExit(await this.#current.exited)})`;
    } catch (error) {
      await this.#current?.stop(backoffMs.max);
      if (!this.#hasBeenReady && error instanceof StartFailure) throw error;
      return reasonOf(error);
    }
  }

  /**
   * It was stopped while it was being started: until it is ready it may not hear a signal, and would have to be killed.
   * Where it does not get ready within its grace, it is.
   */
  async #callOff(process: RunningProcess): Promise<void> {
    const endsAt = performance.now() + this.#graceMs;
    const waiting = new AbortController();
    const graceIsOver = sleep(this.#graceMs, null, { signal: waiting.signal });
    await Promise.race([process.ready, graceIsOver]).catch(() => {});
    waiting.abort();
    await process.stop(Math.max(0, endsAt - performance.now()));
  }
}
