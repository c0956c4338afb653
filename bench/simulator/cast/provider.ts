import type {
  ChargeOutcome,
  FoundPayment,
  ProviderPayment,
  ProviderUnavailable,
  Unknown,
} from '../../../engine/contracts/ports.ts';
import type { WatchedProvider } from '../../../persistence/providers/choice.ts';
import { chargeOutcomeOf, standingOf } from '../../../persistence/providers/intent-outcome.ts';
import { outcomeOfList } from '../../../persistence/providers/key-over.ts';
import { ChargeBook, type Intent } from '../../psp/charge-book.ts';
import { intentBody } from '../../psp/intent-body.ts';
import { RefundBook } from '../../psp/refund-book.ts';
import type { Process } from '../runtime/tasks.ts';

/** `away` turns everybody away at the door; `silent` takes requests in and does nothing about them. */
export type ProviderMood = 'well' | 'away' | 'silent';

const origin = 'https://provider.test';

/**
 * A payment provider with the books of the provider simulator (`bench/psp`), asked without HTTP: whether a request
 * arrives, and whether its answer does, is the schedule's to decide.
 */
export class SimulatedProvider {
  readonly name: string;
  readonly charges = new ChargeBook();
  readonly refunds = new RefundBook(this.charges);
  readonly #captureMethod: 'automatic' | 'manual';
  mood: ProviderMood = 'well';

  constructor(name: string, captureMethod: 'automatic' | 'manual') {
    this.name = name;
    this.#captureMethod = captureMethod;
  }

  /** Every intent of a payment. */
  intentsOf(paymentId: string): readonly Intent[] {
    return this.charges.listByPayment(paymentId);
  }

  /** The provider as a process sees it, through the port that production has. */
  askedBy(process: Process): WatchedProvider {
    const ask = <T>(label: string, does: () => T): Promise<T | Unknown | ProviderUnavailable> =>
      process.steps.ask<T | Unknown | ProviderUnavailable>('provider', `${this.name} ${label}`, {
        perform: async () => {
          if (this.mood === 'away') return unavailable;
          return this.mood === 'silent' ? unanswered : does();
        },
        unanswered: (isDone) => (isDone ? unanswered : unavailable),
      });

    const find = (payment: ProviderPayment): Promise<FoundPayment> =>
      ask<FoundPayment>('find', () => {
        const intent = this.#intentOf(payment);
        return intent ? standingOf(intentBody(intent, origin)) : { kind: 'none' };
      });

    return {
      name: this.name,
      isAway: () => this.mood === 'away',
      chargeMsMax: 5_000,
      find,

      charge: async (request) => {
        const { paymentId, amount, paymentToken, reference } = request;
        const answer = await ask('charge', () =>
          this.charges.charge(paymentId, {
            ...{ amount: amount.amount, currency: amount.currency, paymentMethod: paymentToken },
            captureMethod: this.#captureMethod,
            metadata: { payment_id: paymentId, reference },
          }),
        );
        switch (answer.kind) {
          case 'intent':
            return answer.answerLost ? unanswered : chargeOutcomeOf(intentBody(answer.intent, origin));
          case 'failed':
            return answer.replayed ? outcomeOfList(find, request, 0) : unanswered;
          case 'other_request':
            return outcomeOfList(find, request, 0);
          case 'unknown_card':
            return { kind: 'declined', declineCode: 'resource_missing', providerReference: null };
          default:
            return answer satisfies ChargeOutcome;
        }
      },

      capture: (payment) =>
        ask('capture', () => {
          const intent = this.#intentOf(payment);
          return intent && this.charges.capture(intent).kind === 'moved' ? { kind: 'captured' } : unexpected;
        }),

      void: (payment) =>
        ask('void', () => {
          const intent = this.#intentOf(payment);
          return intent && this.charges.cancel(intent).kind === 'moved' ? { kind: 'voided' } : unexpected;
        }),

      refund: ({ refundId, providerReference, amount }) =>
        ask('refund', () => {
          const fields = {
            payment_intent: providerReference,
            amount: String(amount.amount),
            'metadata[refund_id]': refundId,
          };
          const answer = this.refunds.refund(refundId, fields);
          return answer.kind === 'refund'
            ? { kind: 'refunded', providerRefundReference: answer.refund.id }
            : { kind: 'refused', code: answer.problem.code };
        }),

      findRefund: ({ refundId, providerReference }) =>
        ask('findRefund', () => {
          const refund = this.refunds
            .listByIntent(providerReference)
            .find(({ metadata }) => metadata.refund_id === refundId);
          return refund ? { kind: 'refunded', providerRefundReference: refund.id } : { kind: 'none' };
        }),
    };
  }

  #intentOf({ paymentId, providerReference }: ProviderPayment): Intent | undefined {
    if (providerReference !== null) return this.charges.find(providerReference) ?? undefined;
    return this.charges.listByKey(paymentId)[0];
  }
}

const unanswered: Unknown = { kind: 'unknown', reason: 'the provider did not answer' };
const unavailable: ProviderUnavailable = { kind: 'unavailable', reason: 'the provider cannot be reached' };
const unexpected = { kind: 'refused', code: 'payment_intent_unexpected_state' } as const;
