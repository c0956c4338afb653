import { setTimeout as pause } from 'node:timers/promises';
import type { LaneStores } from '../cast/cast.ts';
import type { Steps } from './steps.ts';

interface UnderWay {
  ended: Promise<void>;
}

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
   * Ends the connections of those that wait behind somebody else for the same row, true where there were any. One
   * may wait: whose turn comes first of several, once the row has changed, is Postgres' chance.
   */
  async #endQueues(): Promise<boolean> {
    const { rows: queueing } = await this.#stores.watching.query<{ pid: number }>({
      name: 'second in line',
      text: "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND locktype = 'tuple' AND pid = ANY($1)",
      values: [this.#askedPids()],
    });
    for (const { pid } of queueing) {
      await this.#stores.watching.query('SELECT pg_cancel_backend($1)', [pid]);
    }
    return queueing.length > 0;
  }

  #askedPids(): number[] {
    const { rows, reports } = this.#stores;
    return [...rows.asked, ...reports.asked].map(({ pid }) => pid);
  }

  async #answers(): Promise<void> {
    const { rows, reports } = this.#stores;
    for (let looks = 0; ; looks++) {
      await new Promise(setImmediate);
      if (this.#underWay.size === 0) return;
      const ended = Promise.race([...this.#underWay].map((one) => one.ended));
      if (rows.held + reports.held === 0) {
        await ended;
      } else {
        await Promise.race([ended, pause(looks === 0 ? 2 : 10)]);
        // Twice, with time in between for Postgres to find those that wait in a ring.
        if (looks > 0 && (await this.#allWaitForLocks())) {
          await Promise.race([ended, pause(10)]);
          if (await this.#allWaitForLocks()) return;
        }
      }
    }
  }

  async #allWaitForLocks(): Promise<boolean> {
    const { watching } = this.#stores;
    const pids = this.#askedPids();
    if (pids.length < this.#underWay.size) return false;
    const { rows: waiting } = await watching.query({
      name: 'waiting for locks',
      text: 'SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid = ANY($1)',
      values: [pids],
    });
    return waiting.length === pids.length;
  }
}
