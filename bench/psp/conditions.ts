import Type from 'typebox';
import { Value } from 'typebox/value';
import { dice } from '../dice.ts';

/** What the provider's weather is like; read and changed at `/control`. */
export const ConditionsSchema = Type.Object(
  {
    /** Mean time to answer; each answer takes between half and one and a half of it. */
    latencyMs: Type.Integer({ minimum: 0, maximum: 600_000 }),
    /** Share of charge requests that fail with 500 and without an effect; the same key may succeed later. */
    errorShare: Type.Number({ minimum: 0, maximum: 1 }),
    /** While true, everything under `/v1` is answered 503 at once. */
    outage: Type.Boolean(),
    /** Of the dice for latency and errors; setting it starts them anew. */
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
  },
  { additionalProperties: false },
);
export type Conditions = Type.Static<typeof ConditionsSchema>;

const ChangeSchema = Type.Partial(ConditionsSchema, { additionalProperties: false });

/** Present conditions, and the dice that are thrown under them. */
export class Weather {
  #conditions: Conditions;
  #next: () => number;

  constructor(conditions: Conditions) {
    this.#conditions = conditions;
    this.#next = dice(conditions.seed);
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
    if (change.seed !== undefined) this.#next = dice(change.seed);
    return null;
  }

  /** How long the next answer takes. */
  drawLatencyMs(): number {
    return this.#conditions.latencyMs * (0.5 + this.#next());
  }

  /** Whether the next charge fails. Without an error share no dice are thrown: latencies stay as they were. */
  drawError(): boolean {
    return this.#conditions.errorShare > 0 && this.#next() < this.#conditions.errorShare;
  }
}
