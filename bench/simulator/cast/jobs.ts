import type { PaymentId, RefundId } from '../../../engine/contracts/ids.ts';

export type Job = { kind: 'follow'; id: PaymentId } | { kind: 'refund'; id: RefundId };

/**
 * Wake-ups that no worker has taken yet. The rows are the truth, so a schedule may leave them lying, hand one out
 * twice, in any order, or lose all of them together with Redis.
 */
export class Jobs {
  #waiting: Job[] = [];

  get waiting(): readonly Job[] {
    return this.#waiting;
  }

  /** As BullMQ does, one that waits already is not added again. */
  add(job: Job): void {
    if (!this.#waiting.some(({ kind, id }) => kind === job.kind && id === job.id)) this.#waiting.push(job);
  }

  /** Takes the oldest or the newest; with `stays` it is handed out once more later. */
  take(which: 'oldest' | 'newest', stays: boolean): Job | undefined {
    const job = which === 'oldest' ? this.#waiting[0] : this.#waiting.at(-1);
    if (job && !stays) this.#waiting = this.#waiting.filter((other) => other !== job);
    return job;
  }

  lose(): void {
    this.#waiting = [];
  }
}
