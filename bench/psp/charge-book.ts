import { randomUUID } from 'node:crypto';
import { cardOf } from './cards.ts';
import { type ChargeParameters, isSameCharge } from './charge-request.ts';

/** A payment intent as the provider keeps it. */
export interface Intent {
  id: string;
  createdSeconds: number;
  charge: ChargeParameters;
  status: 'succeeded' | 'requires_payment_method' | 'requires_action';
  /** Null unless the card was declined. */
  declineCode: string | null;
}

export type ChargeAnswer =
  | { kind: 'intent'; intent: Intent; replayed: boolean; answerLost: boolean }
  /** The card makes the provider fail; nothing was charged. */
  | { kind: 'failed'; replayed: boolean }
  /** The idempotency key belongs to another request. */
  | { kind: 'other_request' }
  | { kind: 'unknown_card' };

/** What the provider believes, for an audit to compare with. */
export interface Tally {
  captured: { count: number; sums: { amount: number; currency: string }[] };
  declined: { count: number; byCode: Record<string, number> };
  requiresAction: { count: number };
  failed: { count: number };
  answersLost: { count: number };
  /** By idempotency key: repeats that got the first answer again, and keys used for something else. */
  duplicates: { replayed: number; refused: number };
  /** References with more than one captured payment under different keys: nobody may ever be in here. */
  referencesCapturedTwice: string[];
}

/**
 * Every charge that was ever asked for, in memory. The effect happens when the request arrives; how long
 * the answer takes, and whether it arrives, is not the book's concern. A repeat therefore finds the effect
 * even while the first answer is still on its way.
 */
export class ChargeBook {
  readonly #byId = new Map<string, Intent>();
  readonly #byKey = new Map<string, { charge: ChargeParameters; intent: Intent | null }>();
  readonly #byReference = new Map<string, Intent[]>();
  readonly #capturedSums = new Map<string, number>();
  readonly #declinedByCode = new Map<string, number>();
  readonly #capturedTwice = new Set<string>();
  #captured = 0;
  #requiresAction = 0;
  #failed = 0;
  #answersLost = 0;
  #replayed = 0;
  #refused = 0;

  /** Charges once per key; without a key, every time. */
  charge(key: string | null, charge: ChargeParameters): ChargeAnswer {
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) {
      if (!isSameCharge(known.charge, charge)) {
        this.#refused++;
        return { kind: 'other_request' };
      }
      this.#replayed++;
      return known.intent
        ? { kind: 'intent', intent: known.intent, replayed: true, answerLost: false }
        : { kind: 'failed', replayed: true };
    }
    const card = cardOf(charge.paymentMethod);
    if (!card) return { kind: 'unknown_card' };
    if (card.does === 'fail') {
      this.#failed++;
      if (key !== null) this.#byKey.set(key, { charge, intent: null });
      return { kind: 'failed', replayed: false };
    }
    const declineCode = card.does === 'decline' ? card.declineCode : null;
    const intent: Intent = {
      id: `pi_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
      createdSeconds: Math.floor(Date.now() / 1000),
      charge,
      status:
        card.does === 'decline'
          ? 'requires_payment_method'
          : card.does === 'require_action'
            ? 'requires_action'
            : 'succeeded',
      declineCode,
    };
    this.#record(intent, key);
    const answerLost = card.does === 'capture_and_lose_answer';
    if (answerLost) this.#answersLost++;
    return { kind: 'intent', intent, replayed: false, answerLost };
  }

  find(id: string): Intent | null {
    return this.#byId.get(id) ?? null;
  }

  /** Newest first, as Stripe lists. */
  listByReference(reference: string): Intent[] {
    return [...(this.#byReference.get(reference) ?? [])].reverse();
  }

  listByKey(key: string): Intent[] {
    const intent = this.#byKey.get(key)?.intent;
    return intent ? [intent] : [];
  }

  tally(): Tally {
    return {
      captured: {
        count: this.#captured,
        sums: [...this.#capturedSums].map(([currency, amount]) => ({ amount, currency })),
      },
      declined: {
        count: [...this.#declinedByCode.values()].reduce((sum, count) => sum + count, 0),
        byCode: Object.fromEntries(this.#declinedByCode),
      },
      requiresAction: { count: this.#requiresAction },
      failed: { count: this.#failed },
      answersLost: { count: this.#answersLost },
      duplicates: { replayed: this.#replayed, refused: this.#refused },
      referencesCapturedTwice: [...this.#capturedTwice],
    };
  }

  #record(intent: Intent, key: string | null): void {
    this.#byId.set(intent.id, intent);
    if (key !== null) this.#byKey.set(key, { charge: intent.charge, intent });
    const reference = intent.charge.metadata.reference;
    const siblings = reference === undefined ? undefined : this.#byReference.get(reference);
    if (reference !== undefined && !siblings) this.#byReference.set(reference, [intent]);
    if (intent.status === 'succeeded') {
      const { amount, currency } = intent.charge;
      this.#captured++;
      this.#capturedSums.set(currency, (this.#capturedSums.get(currency) ?? 0) + amount);
      if (reference !== undefined && siblings?.some((sibling) => sibling.status === 'succeeded')) {
        this.#capturedTwice.add(reference);
      }
    } else if (intent.declineCode !== null) {
      this.#declinedByCode.set(intent.declineCode, (this.#declinedByCode.get(intent.declineCode) ?? 0) + 1);
    } else {
      this.#requiresAction++;
    }
    siblings?.push(intent);
  }
}
