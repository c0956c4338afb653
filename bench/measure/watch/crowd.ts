import { demand } from '../failure.ts';
import { watchMachine } from '../load/machine-share.ts';
import type { Pressure } from '../load/pressure.ts';
import { Part } from '../part.ts';
import { cpuSecondsOf } from '../process-facts.ts';
import type { Subject } from '../subject.ts';
import type { Heard, WatchSetting } from './watchers/crowd.ts';

/** Watchers a process can have beside what else it opens. */
const perPart = 5_000;

/** Sockets that watch, spread over processes and source addresses. */
export class Watchers {
  readonly #subject: Subject;
  #parts: Part[] = [];
  count = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Opens sockets until there are so many. */
  async growTo(count: number, setting: Omit<WatchSetting, 'from' | 'to' | 'localAddress'>): Promise<void> {
    while (this.#parts.length * perPart < count) {
      this.#parts.push(await Part.start('bench/measure/watch/watchers/main.ts', this.#subject));
    }
    await Promise.all(
      this.#parts.map((part, at) => {
        const from = Math.max(this.count, at * perPart);
        const to = Math.min(count, (at + 1) * perPart);
        if (from >= to) return null;
        return part.ask({ open: { ...setting, from, to, localAddress: `127.0.0.${at + 2}` } });
      }),
    );
    this.count = count;
  }

  /** When each heard the frame that holds `text`. Throws where one did not within that time. */
  async heard(text: string, withinMs = 20_000): Promise<Heard> {
    const times = await Promise.all(
      this.#parts.map((part) => part.ask<Heard>({ heard: { text, withinMs } })),
    );
    const all = times.flat();
    demand(all.length === this.count, `${all.length} of ${this.count} sockets heard ${text}`);
    return all;
  }

  /**
   * When some of them heard what `say` makes everybody hear: one in ten reads meanwhile. Throws where one of
   * all, those who read it later included, did not hear it. `onHeard` is called before the others read.
   */
  async timed(
    text: string,
    say: () => Promise<unknown>,
    onHeard: () => void,
    withinMs = 20_000,
  ): Promise<Heard> {
    const listeners = await Promise.all(this.#parts.map((part) => part.ask<number>({ quieten: true })));
    await say();
    const times = await Promise.all(
      this.#parts.map((part, at) => part.ask<Heard>({ heard: { text, withinMs, of: listeners[at] } })),
    );
    onHeard();
    // Copied before the others read: what comes later is no time of a broadcast.
    const heard = times.flat();
    await Promise.all(this.#parts.map((part) => part.ask({ listen: true })));
    await this.heard(text, withinMs);
    return heard;
  }

  /** All sockets; the processes stay. */
  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.ask({ close: true })));
    this.count = 0;
  }

  /**
   * Looks at the processes of the watchers now; what is returned tells what they used since then. The busiest one
   * counts: one thread each, the slowest of them is the last socket.
   */
  pressure(): () => Pressure {
    const startMs = performance.now();
    const machine = watchMachine();
    const before = this.#parts.map(({ pid }) => cpuSecondsOf(pid));
    return () => {
      const seconds = (performance.now() - startMs) / 1000;
      const shares = this.#parts.map(({ pid }, at) => (cpuSecondsOf(pid) - (before[at] ?? 0)) / seconds);
      return { generatorShare: Math.max(...shares), machineShare: machine() };
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
    this.#parts = [];
  }
}
