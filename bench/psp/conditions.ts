import Type from 'typebox';
import { Value } from 'typebox/value';
import { dice, diceOf } from '../dice.ts';

const share = () => Type.Number({ minimum: 0, maximum: 1 });
const duration = () => Type.Integer({ minimum: 0, maximum: 600_000 });

/** What the provider's weather is like; read and changed at `/control`. */
export const ConditionsSchema = Type.Object(
  {
    /** Mean time to answer. */
    latencyMs: duration(),
    /** `uniform`: between half and one and a half of the mean; `lognormal`: a long tail, one in 100 takes four times the mean. */
    latencyShape: Type.Enum(['uniform', 'lognormal']),
    /** Share of requests that move money and fail with 500 and without an effect; the same key may succeed later. */
    errorShare: share(),
    /** Likewise, but what was asked for was done first; a charge's key repeats the 500, and only the list knows. */
    errorAfterShare: share(),
    /** Share of requests that move money and are never answered, without an effect. */
    timeoutBeforeShare: share(),
    /** Likewise, after the effect; the same key gets the answer. */
    timeoutAfterShare: share(),
    /** Share of cards that would be captured for which the bank asks its owner first. */
    actionShare: share(),
    /** While true, everything under `/v1` is answered 503 at once, and no webhook goes out. */
    outage: Type.Boolean(),
    /** Whether webhooks are sent, where somebody takes them. What happens while they are not is never told. */
    webhooks: Type.Boolean(),
    /** Mean time from what happened to its webhook; each takes between half and one and a half of it. */
    webhookDelayMs: duration(),
    /** Share of webhooks that are sent twice. */
    webhookDuplicateShare: share(),
    /** Share of webhooks that wait until one about something later has gone out. */
    webhookReorderShare: share(),
    /** Share of webhooks that are late by `webhookLateMs`. */
    webhookLateShare: share(),
    webhookLateMs: duration(),
    /** Of the dice for all of the above; setting it starts them anew. */
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
  },
  { additionalProperties: false },
);
export type Conditions = Type.Static<typeof ConditionsSchema>;

/** Answers at once, and nothing goes wrong. */
export const calm: Conditions = {
  latencyMs: 0,
  latencyShape: 'uniform',
  errorShare: 0,
  errorAfterShare: 0,
  timeoutBeforeShare: 0,
  timeoutAfterShare: 0,
  actionShare: 0,
  outage: false,
  webhooks: true,
  webhookDelayMs: 0,
  webhookDuplicateShare: 0,
  webhookReorderShare: 0,
  webhookLateShare: 0,
  webhookLateMs: 5_000,
  seed: 1,
};

const ChangeSchema = Type.Partial(ConditionsSchema, { additionalProperties: false });

/** What becomes of a request besides being answered. */
export type Fault = 'error' | 'error_after' | 'timeout_before' | 'timeout_after';

/** How a webhook goes out. */
export interface Passage {
  delayMs: number;
  isTwice: boolean;
  isHeldBack: boolean;
  isLate: boolean;
}

/** Of the normal distribution under the logarithm: the 99th percentile is then four times the mean. */
const sigma = 0.7;

/** Present conditions, and the dice that are thrown under them. */
export class Weather {
  #conditions: Conditions;
  #next: () => number;
  /** Dice of their own: whether webhooks go out does not change what becomes of charges. */
  #nextOfWebhooks: () => number;

  constructor(conditions: Conditions) {
    this.#conditions = conditions;
    this.#next = dice(conditions.seed);
    this.#nextOfWebhooks = diceOf(conditions.seed, 1);
  }

  get conditions(): Conditions {
    return this.#conditions;
  }

  /** Changes what the object names. Returns what is wrong with it, naming the member, or null once done. */
  change(body: unknown): string | null {
    const [error] = Value.Errors(ChangeSchema, body);
    if (error) {
      const unknown = error.keyword === 'boolean' || error.keyword === 'additionalProperties';
      return `${error.instancePath.slice(1) || 'body'}: ${unknown ? 'is not known' : error.message}`;
    }
    const change = body as Partial<Conditions>;
    this.#conditions = { ...this.#conditions, ...change };
    if (change.seed !== undefined) {
      this.#next = dice(change.seed);
      this.#nextOfWebhooks = diceOf(change.seed, 1);
    }
    return null;
  }

  /** How long the next answer takes. */
  drawLatencyMs(): number {
    const { latencyMs, latencyShape } = this.#conditions;
    if (latencyShape === 'uniform') return latencyMs * (0.5 + this.#next());
    // Box and Muller; 1 - x, because the logarithm takes no zero.
    const normal = Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
    return latencyMs * Math.exp(sigma * normal - sigma ** 2 / 2);
  }

  /**
   * What becomes of the next request that moves money, or null. Where nothing can go wrong no dice are thrown:
   * latencies stay as they were.
   */
  drawFault(): Fault | null {
    const { errorShare, errorAfterShare, timeoutBeforeShare, timeoutAfterShare } = this.#conditions;
    const shares: [Fault, number][] = [
      ['error', errorShare],
      ['error_after', errorAfterShare],
      ['timeout_before', timeoutBeforeShare],
      ['timeout_after', timeoutAfterShare],
    ];
    if (shares.every(([, each]) => each === 0)) return null;
    let thrown = this.#next();
    for (const [fault, each] of shares) {
      if (thrown < each) return fault;
      thrown -= each;
    }
    return null;
  }

  /** Whether the bank asks the owner of the next card. Where none does, no dice are thrown. */
  drawAction(): boolean {
    const { actionShare } = this.#conditions;
    return actionShare > 0 && this.#next() < actionShare;
  }

  /** How the next webhook goes out: the same number of throws for each, so that one does not change the next. */
  drawPassage(): Passage {
    const { webhookDelayMs, webhookDuplicateShare, webhookReorderShare, webhookLateShare, webhookLateMs } =
      this.#conditions;
    const next = this.#nextOfWebhooks;
    const delayMs = webhookDelayMs * (0.5 + next());
    const isTwice = next() < webhookDuplicateShare;
    const isHeldBack = next() < webhookReorderShare;
    const isLate = next() < webhookLateShare;
    return { delayMs: delayMs + (isLate ? webhookLateMs : 0), isTwice, isHeldBack, isLate };
  }
}
