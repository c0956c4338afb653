import type { KeptProcess } from './kept-process.ts';

/** From the door inwards, and by when each tier has ended, counted from the beginning of the stop. */
const deadlinesMs = { doors: 1_800, workers: 3_200, provider: 3_500, stores: 4_600 };

export type Tier = keyof typeof deadlinesMs;

/**
 * Everything that runs, in the order in which it is stopped: nobody is let in any more, then what was
 * begun is finished, and the stores outlive all who use them.
 */
export class Tiers {
  readonly #processes: { tier: Tier; process: KeptProcess }[] = [];
  #stopped: Promise<void> | null = null;

  /** What is added after the stop began is ended at once. */
  add(tier: Tier, process: KeptProcess): KeptProcess {
    this.#processes.push({ tier, process });
    if (this.#stopped !== null) process.kill();
    return process;
  }

  get processes(): KeptProcess[] {
    return this.#processes.map(({ process }) => process);
  }

  /** Within five seconds; may be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  kill(): void {
    for (const process of this.processes) process.kill();
  }

  async #stop(): Promise<void> {
    const begun = performance.now();
    for (const [tier, deadlineMs] of Object.entries(deadlinesMs)) {
      const members = this.#processes.filter((member) => member.tier === tier);
      const graceMs = Math.max(0, begun + deadlineMs - performance.now());
      await Promise.all(members.map(({ process }) => process.stop(graceMs)));
    }
  }
}
