import { setTimeout as sleep } from 'node:timers/promises';
import type { Sale } from '../../engine/contracts/wire/sales.ts';

const lookEveryMs = 100;

/** Keeps the last that anybody was told about the sale, while parts of the system come and go. */
export class SaleWatch {
  #last: Sale | null = null;
  #isOver = false;
  #isToldToOpen = false;
  readonly #watching: Promise<void>;

  constructor(read: () => Promise<Sale | null>) {
    this.#watching = this.#watch(read);
  }

  get sold(): number {
    return this.#sum('sold');
  }

  /** Units that nobody holds and nobody has bought. */
  get available(): number {
    return this.#sum('available');
  }

  /** It sells through Postgres, because Redis is away. */
  get isSlow(): boolean {
    return this.#last?.isSlow === true;
  }

  /** Units are left, and turns are called: it is to be expected that some are sold. */
  get isSelling(): boolean {
    return this.#last?.state === 'open' && this.#sum('sold') < this.#sum('units');
  }

  /** The sale was told to open. */
  expectOpening(): void {
    this.#isToldToOpen = true;
  }

  /** It was told to open, and has not yet: a queue is drawn only once gateways gave Redis its places back. */
  get isOpening(): boolean {
    return this.#isToldToOpen && (this.#last?.state === 'scheduled' || this.#last?.state === 'waiting');
  }

  get isFinal(): boolean {
    return this.#last?.state === 'sold_out' || this.#last?.state === 'closed';
  }

  /** The sale's state, and whether anything was held or being paid. */
  get during(): string {
    const state = this.#last?.state ?? 'unknown';
    return this.#sum('held') > 0 ? `${state}, units held` : state;
  }

  stop(): Promise<void> {
    this.#isOver = true;
    return this.#watching;
  }

  async #watch(read: () => Promise<Sale | null>): Promise<void> {
    while (!this.#isOver) {
      this.#last = (await read()) ?? this.#last;
      await sleep(lookEveryMs);
    }
  }

  #sum(count: 'units' | 'available' | 'sold' | 'held'): number {
    return (this.#last?.items ?? []).reduce((sum, item) => sum + item[count], 0);
  }
}
