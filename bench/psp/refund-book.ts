import { randomUUID } from 'node:crypto';
import type { ChargeBook, Intent } from './charge-book.ts';
import { type Fields, metadataOf } from './charge-request.ts';
import type { Entry } from './kept-books.ts';

/** A refund in Stripe's shape. */
export interface Refund {
  id: string;
  object: 'refund';
  amount: number;
  charge: string;
  created: number;
  currency: string;
  metadata: Record<string, string>;
  payment_intent: string;
  reason: string | null;
  status: 'succeeded';
}

export interface RefundProblem {
  status: 400 | 404;
  type: 'invalid_request_error' | 'idempotency_error';
  code: string;
  param?: string;
  message: string;
}

export type RefundAnswer =
  | { kind: 'refund'; refund: Refund; replayed: boolean }
  | { kind: 'problem'; problem: RefundProblem };

/** Every refund; once per key, and never more than was taken. `keep` hears of what a later book has to know. */
export class RefundBook {
  readonly #charges: ChargeBook;
  readonly #byId = new Map<string, Refund>();
  readonly #byKey = new Map<string, { asked: string; answer: RefundAnswer }>();
  readonly #byIntent = new Map<string, Refund[]>();
  readonly #keep: (entry: Entry) => void;

  constructor(charges: ChargeBook, keep: (entry: Entry) => void = () => {}) {
    this.#charges = charges;
    this.#keep = keep;
  }

  /** `fields`: `payment_intent`, `amount` (all that is left by default), `reason`, `metadata[…]`. */
  refund(key: string | null, fields: Fields): RefundAnswer {
    const asked = JSON.stringify(Object.entries(fields).sort());
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) {
      const { answer } = known;
      if (known.asked !== asked) {
        const message = 'Keys can only be used with the parameters they were first used with.';
        return problem(400, 'idempotency_error', 'idempotency_key_in_use', message);
      }
      return answer.kind === 'refund' ? { ...answer, replayed: true } : answer;
    }
    const answer = this.#giveBack(fields);
    if (key !== null) this.#byKey.set(key, { asked, answer });
    if (key !== null || answer.kind === 'refund') this.#keep({ kind: 'refund', key, asked, answer });
    return answer;
  }

  /** Does again what an earlier book did, after its charges. */
  restore({ key, asked, answer }: Extract<Entry, { kind: 'refund' }>): void {
    if (key !== null) this.#byKey.set(key, { asked, answer });
    if (answer.kind !== 'refund') return;
    const intent = this.#charges.find(answer.refund.payment_intent);
    if (intent && this.#charges.refund(intent, answer.refund.amount)) this.#enter(answer.refund);
  }

  find(id: string): Refund | null {
    return this.#byId.get(id) ?? null;
  }

  /** Newest first. */
  listByIntent(intentId: string): Refund[] {
    return [...(this.#byIntent.get(intentId) ?? [])].reverse();
  }

  #giveBack(fields: Fields): RefundAnswer {
    const id = fields.payment_intent ?? '';
    const intent = this.#charges.find(id);
    if (!intent) {
      const message = `No such payment_intent: '${id}'`;
      return problem(404, 'invalid_request_error', 'resource_missing', message, 'payment_intent');
    }
    const left = intent.charge.amount - intent.refunded;
    const amount = fields.amount === undefined ? left : Number(fields.amount);
    if (!Number.isSafeInteger(amount) || amount < 1) {
      const message = left === 0 ? 'It is refunded already.' : 'amount takes a positive integer.';
      const code = left === 0 ? 'charge_already_refunded' : 'parameter_invalid_integer';
      return problem(400, 'invalid_request_error', code, message, 'amount');
    }
    if (!this.#charges.refund(intent, amount)) {
      const code = left === 0 ? 'charge_already_refunded' : 'amount_too_large';
      const message = `${left} of it could be given back, and ${intent.status} it is.`;
      return problem(400, 'invalid_request_error', code, message, 'amount');
    }
    return { kind: 'refund', refund: this.#record(intent, amount, fields), replayed: false };
  }

  #record(intent: Intent, amount: number, fields: Fields): Refund {
    const refund: Refund = {
      id: `re_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
      object: 'refund',
      amount,
      charge: `ch_${intent.id.slice(3)}`,
      created: Math.floor(Date.now() / 1000),
      currency: intent.charge.currency.toLowerCase(),
      metadata: metadataOf(fields),
      payment_intent: intent.id,
      reason: fields.reason ?? null,
      status: 'succeeded',
    };
    this.#enter(refund);
    return refund;
  }

  #enter(refund: Refund): void {
    const intentId = refund.payment_intent;
    this.#byId.set(refund.id, refund);
    this.#byIntent.set(intentId, [...(this.#byIntent.get(intentId) ?? []), refund]);
  }
}

const problem = (
  status: RefundProblem['status'],
  type: RefundProblem['type'],
  code: string,
  message: string,
  param?: string,
): RefundAnswer => ({
  kind: 'problem',
  problem: { status, type, code, message, ...(param === undefined ? {} : { param }) },
});
