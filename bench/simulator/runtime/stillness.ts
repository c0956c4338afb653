import { setTimeout as pause } from 'node:timers/promises';
import type { LaneStores } from '../cast/cast.ts';
import type { Client, Clients } from './clients.ts';
import type { Steps } from './steps.ts';

interface UnderWay {
  ended: Promise<void>;
}

/** Somebody who waits for locks of others. */
interface Waiting {
  client: Client;
  pid: number;
  blockedBy: number[];
}

const lookEveryMs = 2;

/** Knows of the steps that were taken and have not ended, and when nothing goes on by itself any more. */
export class Stillness {
  readonly #stores: Pick<LaneStores, 'watching' | 'rows' | 'reports'>;
  readonly #steps: Steps;
  readonly #underWay = new Set<UnderWay>();

  constructor(stores: Pick<LaneStores, 'watching' | 'rows' | 'reports'>, steps: Steps) {
    this.#stores = stores;
    this.#steps = steps;
  }

  /** A step was taken, and ends with that. */
  disturb(step: Promise<void>): void {
    const underWay: UnderWay = {
      ended: step.then(() => {
        this.#underWay.delete(underWay);
      }),
    };
    this.#underWay.add(underWay);
  }

  /**
   * Waits until everything that can go on by itself has: promises, and what Postgres is asked. A statement that
   * waits for the lock of a transaction which is still open stays under way.
   */
  async come(): Promise<void> {
    await this.#answers();
    if (this.#underWay.size > 1 && (await this.#endQueues())) await this.#answers();
    await this.#steps.deliver();
  }

  /**
   * Ends the connections of those that wait for somebody whom another one waits for already, or for that one itself;
   * true where there were any. One may wait: whose turn comes first of several, once a transaction has ended, is
   * Postgres' chance.
   */
  async #endQueues(): Promise<boolean> {
    const taken = new Set<number>();
    let areEnded = false;
    for (const { client, pid, blockedBy } of await this.#waiting()) {
      if (blockedBy.some((blocker) => taken.has(blocker))) {
        await this.#cancel(client);
        areEnded = true;
      } else {
        for (const one of [pid, ...blockedBy]) taken.add(one);
      }
    }
    return areEnded;
  }

  /** Those that wait for locks, in the order in which they were asked. */
  async #waiting(): Promise<Waiting[]> {
    const asked = new Map(this.#asked().map((client) => [client.pid, client]));
    const { rows } = await this.#stores.watching.query<Omit<Waiting, 'client'>>({
      name: 'waiting for locks',
      text: `SELECT pid, blocked_by AS "blockedBy"
        FROM unnest($1::int[]) WITH ORDINALITY AS asked (pid, place), pg_blocking_pids(pid) AS blocked_by
        WHERE cardinality(blocked_by) > 0 ORDER BY place`,
      values: [[...asked.keys()]],
    });
    return rows.map((waiting) => ({ ...waiting, client: asked.get(waiting.pid) as Client }));
  }

  /** In the order in which they were asked. */
  #asked(): Client[] {
    const { rows, reports } = this.#stores;
    return [...rows.asked, ...reports.asked];
  }

  async #answers(): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      if (this.#underWay.size === 0) return;
      const ended = Promise.race([...this.#underWay].map((one) => one.ended));
      if (this.#mayWaitForLocks()) {
        const looks = pause(lookEveryMs, 'looks');
        if ((await Promise.race([ended, looks])) === 'looks' && (await this.#allWaitForLocks())) return;
      } else {
        await ended;
      }
    }
  }

  /** Looking costs as much as a step. Who is alone waits for nobody but those who hold something and are idle. */
  #mayWaitForLocks(): boolean {
    const { rows, reports } = this.#stores;
    const isIdle = (clients: Clients) => [...clients.held].some((client) => !clients.asked.has(client));
    if (this.#underWay.size === 1) return isIdle(rows) || isIdle(reports);
    return rows.held.size + reports.held.size > 0;
  }

  /** False also where some of them waited for each other: one has to give way, and goes on. */
  async #allWaitForLocks(): Promise<boolean> {
    const asked = this.#asked();
    if (asked.length < this.#underWay.size) return false;
    // It shows as one that waits until its process has looked at the signal.
    if (asked.some(({ isBeingCancelled }) => isBeingCancelled)) return false;
    const waiting = await this.#waiting();
    if (waiting.length < asked.length) return false;
    const inRing = new Set(ringOf(waiting));
    // Postgres would choose by the millisecond in which each began to wait.
    const last = asked.filter(({ pid }) => inRing.has(pid)).at(-1);
    if (!last) return true;
    last.givesWay = true;
    await this.#cancel(last);
    return false;
  }

  async #cancel(client: Client): Promise<void> {
    if (!this.#asked().includes(client)) return;
    client.isBeingCancelled = true;
    await this.#stores.watching.query('SELECT pg_cancel_backend($1)', [client.pid]);
  }
}

/** Those who wait for each other in a ring; none where there is no ring. */
function ringOf(waiting: readonly Waiting[]): number[] {
  const blockersOf = new Map(waiting.map(({ pid, blockedBy }) => [pid, blockedBy]));
  const reaches = (from: number, to: number, passed = new Set<number>()): boolean =>
    (blockersOf.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (passed.has(next)) return false;
      return reaches(next, to, passed.add(next));
    });
  return waiting.map(({ pid }) => pid).filter((pid) => reaches(pid, pid));
}
