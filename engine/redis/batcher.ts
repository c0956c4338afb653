import { RedisUnavailable, StaleEpoch } from './unavailable.ts';

export interface BatcherOptions<Request, Answer> {
  /** One call that answers all requests, in their order. Must be safe to repeat with the same requests. */
  run: (requests: Request[]) => Promise<Answer[]>;
  /** Requests in one call. Larger ones gain nothing and keep Redis from others. */
  sizeMax: number;
  /** Requests waiting for a call; beyond that `ask` refuses at once instead of queueing without end. */
  queueMax: number;
  /** How long a caller waits, ms, over all repeats of an unknown outcome. */
  deadlineMs: number;
}

interface Waiting<Request, Answer> {
  request: Request;
  untilMs: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** Refused before anything was sent: `retryAfterSeconds` later there may be room. */
export class Overloaded extends Error {
  override name = 'Overloaded';
  retryAfterSeconds = 1;
}

/** How long an unknown outcome rests before it is asked again. */
const repeatAfterMs = 25;

/**
 * Whatever arrived while the last call was under way goes as the next one. There is no timer: an idle
 * system adds no delay, and the batches grow with the load by themselves.
 */
export class Batcher<Request, Answer> {
  #queue: Waiting<Request, Answer>[] = [];
  /** Those of the call that is under way whose deadline has not passed. */
  #asked: Waiting<Request, Answer>[] = [];
  #running = false;
  /** Since when the present call is under way, its repeats included; and how long the last answered one took. */
  #calledAtMs = 0;
  #usualMs = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #options: BatcherOptions<Request, Answer>;

  constructor(options: BatcherOptions<Request, Answer>) {
    this.#options = options;
  }

  /**
   * Rejects with `Overloaded` where nothing was sent: the queue was full, its turn could not come in time, or
   * it did not; with `RedisUnavailable` where it was sent and its deadline passed unanswered, and at once
   * where the present call has gone unanswered for as long as anybody would wait.
   */
  ask(request: Request): Promise<Answer> {
    if (this.#queue.length >= this.#options.queueMax)
      return Promise.reject(new Overloaded('too many requests wait for Redis'));
    const presentMs = this.#running ? performance.now() - this.#calledAtMs : 0;
    if (presentMs >= this.#options.deadlineMs)
      return Promise.reject(new RedisUnavailable('Redis has not answered for too long'));
    if (this.#waitMs(presentMs) >= this.#options.deadlineMs)
      return Promise.reject(new Overloaded('its turn to be asked would not come in time'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, untilMs: performance.now() + this.#options.deadlineMs, resolve, reject });
      this.#watchDeadlines();
      if (!this.#running) {
        this.#running = true;
        this.#calledAtMs = performance.now();
        // What else arrives in this turn of the event loop rides along.
        queueMicrotask(() => void this.#drain());
      }
    });
  }

  /**
   * How long whoever comes now would wait to be asked: for the present call, and for those before its own, each
   * as long as the last one took. An idle batcher always asks: that is how it learns that Redis is quick again.
   */
  #waitMs(presentMs: number): number {
    if (!this.#running) return 0;
    return (
      Math.max(this.#usualMs, presentMs) +
      this.#usualMs * Math.floor(this.#queue.length / this.#options.sizeMax)
    );
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#asked = this.#queue.splice(0, this.#options.sizeMax);
      this.#calledAtMs = performance.now();
      await this.#settle();
    }
    this.#running = false;
  }

  async #settle(): Promise<void> {
    while (this.#asked.length > 0) {
      const asked = this.#asked;
      try {
        const answers = await this.#options.run(asked.map((waiting) => waiting.request));
        this.#usualMs = performance.now() - this.#calledAtMs;
        asked.forEach((waiting, i) => {
          waiting.resolve(answers[i] as Answer);
        });
        this.#asked = [];
      } catch (error) {
        if (!(error instanceof RedisUnavailable) || error instanceof StaleEpoch) {
          for (const waiting of asked) waiting.reject(error);
          this.#asked = [];
        } else {
          await new Promise((resolve) => setTimeout(resolve, repeatAfterMs));
        }
      }
    }
  }

  /** One timer for all: the oldest of them is due first. It delays nobody, it only ends waiting. */
  #watchDeadlines(): void {
    const oldest = this.#asked[0] ?? this.#queue[0];
    if (this.#timer || !oldest) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        // One moment for all that follows: whoever is left out below has been told here.
        const nowMs = performance.now();
        const isOpen = ({ untilMs }: Waiting<Request, Answer>) => untilMs > nowMs;
        for (const waiting of this.#asked) {
          if (!isOpen(waiting)) waiting.reject(new RedisUnavailable('Redis has not answered in time'));
        }
        this.#asked = this.#asked.filter(isOpen);
        const overdue = this.#queue.findIndex(isOpen);
        for (const waiting of this.#queue.splice(0, overdue < 0 ? this.#queue.length : overdue)) {
          waiting.reject(new Overloaded('its turn to be asked did not come in time'));
        }
        this.#watchDeadlines();
      },
      Math.max(1, oldest.untilMs - performance.now()),
    );
    this.#timer.unref();
  }
}

/**
 * One batcher a sale, made on demand: the rush of one sale does not stand before another's requests. Nor
 * do requests that believe in different epochs meet in one call, where the first would speak for all.
 */
export function perSale<Request extends { saleId: string; epoch?: number }, Answer>(
  options: Omit<BatcherOptions<Request, Answer>, 'run'> & {
    run: (saleId: string, requests: Request[]) => Promise<Answer[]>;
  },
): (request: Request) => Promise<Answer> {
  const batchers = new Map<string, Batcher<Request, Answer>>();
  return (request) => {
    const { saleId, epoch } = request;
    const key = `${epoch} ${saleId}`;
    let batcher = batchers.get(key);
    if (!batcher) {
      batcher = new Batcher({ ...options, run: (requests) => options.run(saleId, requests) });
      batchers.set(key, batcher);
    }
    return batcher.ask(request);
  };
}
