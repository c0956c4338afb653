import { RedisUnavailable, StaleEpoch } from './unavailable.ts';

export interface BatcherOptions<Request, Answer> {
  /**
   * One call that answers all requests, in their order, with an error for whom it is meant alone. Must be safe to
   * repeat with the same requests.
   */
  run: (requests: Request[]) => Promise<(Answer | Error)[]>;
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
 * Where Redis has been silent for as long as anybody waits, a call is so old before newcomers are refused at once: a
 * Redis that is back answers within that.
 */
const probeMs = 100;

/**
 * A call of fewer is not made smaller for the sake of the other half: a call costs Redis 0.3 to 0.6 ms whatever is
 * in it, as much as five decisions.
 */
const halfMin = 16;

/**
 * Whatever arrived while the last call was under way goes as the next one, but no more than half of all that
 * are waiting: Redis decides about one half while this process answers the other and takes in who comes next.
 * Where everybody went in one call, each would stand still while the other works, because those who ask again
 * and again all come at once then: from 128 connections a tenth to a quarter fewer reservations a second
 * (docs/adr/0024). There is no timer: an idle system adds no delay, and the batches grow with
 * the load by themselves.
 */
export class Batcher<Request, Answer> {
  #queue: Waiting<Request, Answer>[] = [];
  /** Those of the call that is under way whose deadline has not passed. */
  #asked: Waiting<Request, Answer>[] = [];
  #running = false;
  /** Since when the present call is under way, its repeats included; and how long the last answered one took. */
  #calledAtMs = 0;
  #usualMs = 0;
  /** Since when nothing was answered that was asked, by this call and those before it; null after an answer. */
  #silentSinceMs: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #options: BatcherOptions<Request, Answer>;

  constructor(options: BatcherOptions<Request, Answer>) {
    this.#options = options;
  }

  /**
   * Rejects with `Overloaded` where nothing was sent: the queue was full, its turn could not come in time, or
   * it did not; with `RedisUnavailable` where it was sent and its deadline passed unanswered, and at once
   * where Redis has been silent for as long as anybody would wait.
   */
  ask(request: Request): Promise<Answer> {
    if (this.#queue.length >= this.#options.queueMax)
      return Promise.reject(new Overloaded('too many requests wait for Redis'));
    const nowMs = performance.now();
    const presentMs = this.#running ? nowMs - this.#calledAtMs : 0;
    const silentMs = nowMs - (this.#silentSinceMs ?? nowMs);
    if (silentMs >= this.#options.deadlineMs && presentMs >= probeMs)
      return Promise.reject(new RedisUnavailable('Redis has not answered for too long'));
    if (this.#waitMs(presentMs) >= this.#options.deadlineMs)
      return Promise.reject(new Overloaded('its turn to be asked would not come in time'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, untilMs: nowMs + this.#options.deadlineMs, resolve, reject });
      this.#watchDeadlines();
      if (!this.#running) {
        this.#running = true;
        this.#calledAtMs = nowMs;
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
      this.#usualMs * Math.floor(this.#queue.length / this.#size(this.#asked.length))
    );
  }

  /** How many go as the next call, after one of `answered`. */
  #size(answered: number): number {
    const half = Math.ceil((answered + this.#queue.length) / 2);
    return Math.min(this.#options.sizeMax, Math.max(halfMin, half));
  }

  /** The next call goes before anybody of the last one is told: Redis decides while they are being answered. */
  async #drain(): Promise<void> {
    let answered = 0;
    let tell = () => {};
    while (this.#queue.length > 0) {
      this.#asked = this.#queue.splice(0, this.#size(answered));
      answered = this.#asked.length;
      this.#calledAtMs = performance.now();
      this.#silentSinceMs ??= this.#calledAtMs;
      const settled = this.#settle();
      tell();
      tell = await settled;
    }
    this.#running = false;
    tell();
  }

  /** Asks until there is an answer, or nobody waits for one any more; resolves with what tells those who do. */
  async #settle(): Promise<() => void> {
    while (this.#asked.length > 0) {
      const asked = this.#asked;
      try {
        const answers = await this.#options.run(asked.map((waiting) => waiting.request));
        if (answers.length !== asked.length) throw new Error(`${answers.length} answers to ${asked.length}`);
        this.#usualMs = performance.now() - this.#calledAtMs;
        this.#silentSinceMs = null;
        this.#asked = [];
        return () => {
          asked.forEach(({ resolve, reject }, i) => {
            const answer = answers[i] as Answer | Error;
            if (answer instanceof Error) reject(answer);
            else resolve(answer);
          });
        };
      } catch (error) {
        if (!(error instanceof RedisUnavailable) || error instanceof StaleEpoch) {
          this.#silentSinceMs = null;
          this.#asked = [];
          return () => {
            for (const waiting of asked) waiting.reject(error);
          };
        }
        await new Promise((resolve) => setTimeout(resolve, repeatAfterMs));
      }
    }
    return () => {};
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
    run: (saleId: string, requests: Request[]) => Promise<(Answer | Error)[]>;
  },
): (request: Request) => Promise<Answer> {
  const batchers = new Map<string, Map<number | undefined, Batcher<Request, Answer>>>();
  return (request) => {
    const { saleId, epoch } = request;
    let ofSale = batchers.get(saleId);
    if (!ofSale) {
      ofSale = new Map();
      batchers.set(saleId, ofSale);
    }
    let batcher = ofSale.get(epoch);
    if (!batcher) {
      batcher = new Batcher({ ...options, run: (requests) => options.run(saleId, requests) });
      ofSale.set(epoch, batcher);
    }
    return batcher.ask(request);
  };
}
