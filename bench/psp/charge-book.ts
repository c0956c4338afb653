import { randomUUID } from 'node:crypto';
import { cardOf } from './cards.ts';
import { type ChargeParameters, isSameCharge } from './charge-request.ts';
import { type IntentListener, typeOfStatus } from './event.ts';
import type { Entry } from './kept-books.ts';
import { type ChargeTally, Tallies } from './tally.ts';

export type IntentStatus =
  | 'succeeded'
  | 'requires_payment_method'
  | 'requires_action'
  | 'requires_capture'
  | 'canceled';

/** A payment intent as the provider keeps it. */
export interface Intent {
  id: string;
  createdSeconds: number;
  charge: ChargeParameters;
  status: IntentStatus;
  /** Null unless the card was declined. */
  declineCode: string | null;
  /** Minor units that were given back. */
  refunded: number;
}

export type ChargeAnswer =
  | { kind: 'intent'; intent: Intent; replayed: boolean; answerLost: boolean }
  /** The provider failed: nothing was charged, or (`fails`) what was charged is in its list alone. */
  | { kind: 'failed'; replayed: boolean }
  /** The idempotency key belongs to another request. */
  | { kind: 'other_request' }
  | { kind: 'unknown_card' };

/** What an idempotency key stands for. */
interface Keyed {
  charge: ChargeParameters;
  /** Null where nothing was charged. */
  intent: Intent | null;
  /** The key is answered 500, whatever was done. */
  fails: boolean;
}

/** Why an intent could not be moved, or that it was: moved before counts, a repeat changes nothing. */
export type Moved = { kind: 'moved'; intent: Intent } | { kind: 'unexpected_state'; intent: Intent };

/**
 * Every charge that was ever asked for. The effect happens when the request arrives; how long
 * the answer takes, and whether it arrives, is not the book's concern. A repeat therefore finds the effect
 * even while the first answer is still on its way. `keep` hears of everything that a later book has to know.
 */
export class ChargeBook {
  readonly #byId = new Map<string, Intent>();
  readonly #byKey = new Map<string, Keyed>();
  readonly #byReference = new Map<string, Intent[]>();
  readonly #byPayment = new Map<string, Intent[]>();
  readonly #tallies = new Tallies();
  readonly #told: IntentListener;
  readonly #keep: (entry: Entry) => void;

  constructor(told: IntentListener = () => {}, keep: (entry: Entry) => void = () => {}) {
    this.#told = told;
    this.#keep = keep;
  }

  /**
   * Charges once per key; without a key, every time. With `fails` the provider fails after the effect; with
   * `asksOwner` a card that would be captured waits for its owner.
   */
  charge(
    key: string | null,
    charge: ChargeParameters,
    { fails = false, asksOwner = false }: { fails?: boolean; asksOwner?: boolean } = {},
  ): ChargeAnswer {
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) {
      if (!isSameCharge(known.charge, charge)) {
        this.#tallies.refused++;
        return { kind: 'other_request' };
      }
      this.#tallies.replayed++;
      return known.intent && !known.fails
        ? { kind: 'intent', intent: known.intent, replayed: true, answerLost: false }
        : { kind: 'failed', replayed: true };
    }
    const card = cardOf(charge.paymentMethod);
    if (!card) return { kind: 'unknown_card' };
    if (card.does === 'fail') {
      this.#tallies.failed++;
      if (key !== null) {
        this.#byKey.set(key, failing(charge));
        this.#keep({ kind: 'failed', key, charge });
      }
      return { kind: 'failed', replayed: false };
    }
    const paid = charge.captureMethod === 'manual' ? 'requires_capture' : 'succeeded';
    const intent: Intent = {
      id: `pi_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
      createdSeconds: Math.floor(Date.now() / 1000),
      charge,
      status:
        card.does === 'decline'
          ? 'requires_payment_method'
          : card.does === 'require_action' || (asksOwner && card.does === 'capture')
            ? 'requires_action'
            : paid,
      declineCode: card.does === 'decline' ? card.declineCode : null,
      refunded: 0,
    };
    const charged = { kind: 'charged', intent, key, fails } as const;
    this.#enter(charged);
    this.#keep(charged);
    this.#told('payment_intent.created', intent);
    this.#told(typeOfStatus[intent.status], intent);
    if (fails) {
      this.#tallies.failed++;
      return { kind: 'failed', replayed: false };
    }
    const answerLost = card.does === 'capture_and_lose_answer';
    if (answerLost) this.#tallies.answersLost++;
    return { kind: 'intent', intent, replayed: false, answerLost };
  }

  find(id: string): Intent | null {
    return this.#byId.get(id) ?? null;
  }

  /** Newest first, as Stripe lists. */
  listByReference(reference: string): Intent[] {
    return [...(this.#byReference.get(reference) ?? [])].reverse();
  }

  /** By `metadata[payment_id]`, newest first. */
  listByPayment(paymentId: string): Intent[] {
    return [...(this.#byPayment.get(paymentId) ?? [])].reverse();
  }

  listByKey(key: string): Intent[] {
    const intent = this.#byKey.get(key)?.intent;
    return intent ? [intent] : [];
  }

  /** Takes what was set aside. */
  capture(intent: Intent): Moved {
    return this.#move(intent, ['requires_capture'], 'succeeded');
  }

  /** Gives back what was set aside, or ends what waits for its buyer. */
  cancel(intent: Intent): Moved {
    return this.#move(intent, ['requires_capture', 'requires_action', 'requires_payment_method'], 'canceled');
  }

  /** What the buyer did at the page of 3-D Secure. */
  authenticate(intent: Intent, does: 'complete' | 'refuse'): Moved {
    if (does === 'complete') {
      const paid = intent.charge.captureMethod === 'manual' ? 'requires_capture' : 'succeeded';
      return this.#move(intent, ['requires_action'], paid);
    }
    return this.#move(intent, ['requires_action'], 'requires_payment_method', 'authentication_required');
  }

  /** Does again what an earlier book did; nobody is told of it a second time. */
  restore(entry: Exclude<Entry, { kind: 'refund' }>): void {
    if (entry.kind === 'charged') this.#enter(entry);
    else if (entry.kind === 'failed') this.#byKey.set(entry.key, failing(entry.charge));
    else {
      const intent = this.#byId.get(entry.id);
      if (intent) this.#stand(intent, entry);
    }
  }

  /** Gives back a part of what was taken; false where that is more than is left. */
  refund(intent: Intent, amount: number): boolean {
    if (intent.status !== 'succeeded' || amount > intent.charge.amount - intent.refunded) return false;
    intent.refunded += amount;
    this.#tallies.gaveBack(intent.charge.currency, amount);
    return true;
  }

  /** A request that was never answered: `answer_lost` after its effect, `request_lost` before. */
  count(what: 'failed' | 'answersLost' | 'requestsLost'): void {
    this.#tallies[what]++;
  }

  tally(): ChargeTally {
    return this.#tallies.tally();
  }

  #move(
    intent: Intent,
    from: readonly IntentStatus[],
    status: IntentStatus,
    declineCode = intent.declineCode,
  ): Moved {
    if (intent.status === status) return { kind: 'moved', intent };
    if (!from.includes(intent.status)) return { kind: 'unexpected_state', intent };
    this.#stand(intent, { status, declineCode });
    this.#keep({ kind: 'moved', id: intent.id, status, declineCode });
    this.#told(typeOfStatus[status], intent);
    return { kind: 'moved', intent };
  }

  #stand(intent: Intent, { status, declineCode }: Pick<Intent, 'status' | 'declineCode'>): void {
    const siblings = this.#byReference.get(intent.charge.metadata.reference ?? '') ?? [];
    this.#tallies.left(intent);
    intent.status = status;
    intent.declineCode = declineCode;
    this.#tallies.entered(intent, siblings);
  }

  #enter({ intent, key, fails }: Extract<Entry, { kind: 'charged' }>): void {
    this.#byId.set(intent.id, intent);
    if (key !== null) this.#byKey.set(key, { charge: intent.charge, intent, fails });
    const { reference, payment_id: paymentId } = intent.charge.metadata;
    const siblings = reference === undefined ? [] : listIn(this.#byReference, reference);
    this.#tallies.entered(intent, siblings);
    siblings.push(intent);
    if (paymentId !== undefined) listIn(this.#byPayment, paymentId).push(intent);
  }
}

const failing = (charge: ChargeParameters): Keyed => ({ charge, intent: null, fails: true });

function listIn<T>(lists: Map<string, T[]>, name: string): T[] {
  const known = lists.get(name);
  if (known) return known;
  const list: T[] = [];
  lists.set(name, list);
  return list;
}
