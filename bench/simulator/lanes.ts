import { join } from 'node:path';
import { type Child, messageOf, startChild } from '../demo/child.ts';
import type { LaneAnswer, LaneOrder, Shortened, Simulated } from './lane/messages.ts';

/** A process that simulates one seed at a time. */
export class Lane {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Starts one on stores of its own; what it prints goes to a file in `directory`. */
  static async start(
    number: number,
    urls: { redisUrl: string; databaseUrl: string },
    directory: string,
  ): Promise<Lane> {
    const child = startChild('bench/simulator/lane/main.ts', {
      env: { ...process.env, REDIS_URL: urls.redisUrl, DATABASE_URL: urls.databaseUrl },
      logFile: join(directory, `lane-${number}.log`),
      imports: ['bench/demo/end-with-parent.ts'],
    });
    const lane = new Lane(child);
    await lane.#answer('ready');
    return lane;
  }

  simulate(seed: number, only: readonly number[] | null): Promise<Simulated> {
    return this.#ask({ kind: 'simulate', seed, only }, 'simulated') as Promise<Simulated>;
  }

  shorten(seed: number): Promise<Shortened> {
    return this.#ask({ kind: 'shorten', seed }, 'shortened') as Promise<Shortened>;
  }

  stop(): Promise<void> {
    return this.#child.stop(2_000);
  }

  kill(): void {
    this.#child.kill();
  }

  #ask(order: LaneOrder, kind: LaneAnswer['kind']): Promise<LaneAnswer> {
    const answer = this.#answer(kind);
    this.#child.process.send(order);
    return answer;
  }

  async #answer(kind: LaneAnswer['kind']): Promise<LaneAnswer> {
    const answer = await messageOf<LaneAnswer>(this.#child, kind);
    if (answer) return answer;
    throw new Error(`a lane has ended:\n${this.#child.lastLines().join('\n')}`);
  }
}
