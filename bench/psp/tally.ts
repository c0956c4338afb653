import type { Intent } from './charge-book.ts';
import type { WebhookTally } from './webhook-sender.ts';

interface Sum {
  amount: number;
  currency: string;
}

/** What the provider believes of charges and refunds, for an audit to compare with. */
export interface ChargeTally {
  /** Money that was taken, whether or not it was given back later. */
  captured: { count: number; sums: Sum[] };
  refunded: { count: number; sums: Sum[] };
  /** Set aside and neither taken nor given back yet. */
  authorized: { count: number };
  voided: { count: number };
  declined: { count: number; byCode: Record<string, number> };
  requiresAction: { count: number };
  /** Answered 500, whether or not there was an effect. */
  failed: { count: number };
  /** Never answered, after the effect; before it. */
  answersLost: { count: number };
  requestsLost: { count: number };
  /** By idempotency key: repeats that got the first answer again, and keys used for something else. */
  duplicates: { replayed: number; refused: number };
  /** References with more than one captured payment under different keys: nobody may ever be in here. */
  referencesCapturedTwice: string[];
}

export interface Tally extends ChargeTally {
  /** Payments, by their idempotency keys, that anybody asked this provider to charge, whatever came of it. */
  paymentsSeen: number;
  webhooks: WebhookTally;
}

/** Counts intents by where they stand, and money by currency. */
export class Tallies {
  failed = 0;
  answersLost = 0;
  requestsLost = 0;
  replayed = 0;
  refused = 0;
  readonly #standing = { succeeded: 0, requires_action: 0, requires_capture: 0, canceled: 0 };
  readonly #declinedByCode = new Map<string, number>();
  readonly #captured = new Map<string, number>();
  readonly #refunded = new Map<string, number>();
  readonly #capturedTwice = new Set<string>();
  #refunds = 0;

  /** `siblings` are the other intents of its reference. */
  entered(intent: Intent, siblings: readonly Intent[]): void {
    const { charge, status } = intent;
    if (status === 'requires_payment_method') add(this.#declinedByCode, intent.declineCode ?? '', 1);
    else this.#standing[status]++;
    if (status !== 'succeeded') return;
    add(this.#captured, charge.currency, charge.amount);
    const isTwice = siblings.some((sibling) => sibling !== intent && sibling.status === 'succeeded');
    if (charge.metadata.reference !== undefined && isTwice)
      this.#capturedTwice.add(charge.metadata.reference);
  }

  left({ status, declineCode }: Intent): void {
    if (status === 'requires_payment_method') add(this.#declinedByCode, declineCode ?? '', -1);
    else this.#standing[status]--;
  }

  gaveBack(currency: string, amount: number): void {
    this.#refunds++;
    add(this.#refunded, currency, amount);
  }

  tally(): ChargeTally {
    const { succeeded, requires_action, requires_capture, canceled } = this.#standing;
    return {
      captured: { count: succeeded, sums: sumsOf(this.#captured) },
      refunded: { count: this.#refunds, sums: sumsOf(this.#refunded) },
      authorized: { count: requires_capture },
      voided: { count: canceled },
      declined: {
        count: [...this.#declinedByCode.values()].reduce((sum, count) => sum + count, 0),
        byCode: Object.fromEntries(this.#declinedByCode),
      },
      requiresAction: { count: requires_action },
      failed: { count: this.failed },
      answersLost: { count: this.answersLost },
      requestsLost: { count: this.requestsLost },
      duplicates: { replayed: this.replayed, refused: this.refused },
      referencesCapturedTwice: [...this.#capturedTwice],
    };
  }
}

const add = (sums: Map<string, number>, name: string, amount: number): void => {
  sums.set(name, (sums.get(name) ?? 0) + amount);
};

const sumsOf = (sums: ReadonlyMap<string, number>): Sum[] =>
  [...sums].map(([currency, amount]) => ({ amount, currency }));
