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
  #running = false;
  readonly #options: BatcherOptions<Request, Answer>;

  constructor(options: BatcherOptions<Request, Answer>) {
    this.#options = options;
  }

  /** Rejects with `Overloaded` before it is sent, with `RedisUnavailable` when its deadline passed unanswered. */
  ask(request: Request): Promise<Answer> {
    if (this.#queue.length >= this.#options.queueMax)
      return Promise.reject(new Overloaded('too many requests wait for Redis'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, untilMs: performance.now() + this.#options.deadlineMs, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        // What else arrives in this turn of the event loop rides along.
        queueMicrotask(() => void this.#drain());
      }
    });
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#options.sizeMax);
      await this.#settle(batch);
    }
    this.#running = false;
  }

  async #settle(batch: Waiting<Request, Answer>[]): Promise<void> {
    let open = batch;
    while (open.length > 0) {
      try {
        const answers = await this.#options.run(open.map((waiting) => waiting.request));
        open.forEach((waiting, i) => {
          waiting.resolve(answers[i] as Answer);
        });
        return;
      } catch (error) {
        if (!(error instanceof RedisUnavailable) || error instanceof StaleEpoch) {
          for (const waiting of open) waiting.reject(error);
          return;
        }
        const nowMs = performance.now() + repeatAfterMs;
        for (const waiting of open) if (waiting.untilMs <= nowMs) waiting.reject(error);
        open = open.filter((waiting) => waiting.untilMs > nowMs);
        if (open.length > 0) await new Promise((resolve) => setTimeout(resolve, repeatAfterMs));
      }
    }
  }
}

/** One batcher a sale, made on demand: the rush of one sale does not stand before another's requests. */
export function perSale<Request extends { saleId: string }, Answer>(
  options: Omit<BatcherOptions<Request, Answer>, 'run'> & {
    run: (saleId: string, requests: Request[]) => Promise<Answer[]>;
  },
): (request: Request) => Promise<Answer> {
  const batchers = new Map<string, Batcher<Request, Answer>>();
  return (request) => {
    let batcher = batchers.get(request.saleId);
    if (!batcher) {
      const { saleId } = request;
      batcher = new Batcher({ ...options, run: (requests) => options.run(saleId, requests) });
      batchers.set(saleId, batcher);
    }
    return batcher.ask(request);
  };
}
