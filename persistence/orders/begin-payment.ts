import { refuse } from '../../engine/contracts/errors.ts';
import type { BeginPaymentOutcome, PaymentIntent } from '../../engine/contracts/ports.ts';
import type { Log } from '../log.ts';
import { brokenFact, isAway, metAnother } from '../postgres/errors.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { commitWhatFits } from '../postgres/what-fits.ts';
import { againColumns, firstColumns, intentRow, knownColumns } from './intent-row.ts';
import { couponUsedUp, type KnownPayment, nextStep } from './known-payment.ts';

const beginPayments = statement<{ payment_id: string }>('begin-payments');
const beginPaymentsAgain = statement<{ payment_id: string }>('begin-payments-again');
const readKnownPayments = statement<KnownPayment>('read-known-payments');
const judgeGuardRefusal = statement<{ has_failed: boolean }>('judge-guard-refusal');

/** A repeat that meets its own first request needs two rounds, a race with another gateway a third. */
const roundsMax = 4;

type Answers = Map<PaymentIntent, BeginPaymentOutcome | Error>;

/**
 * Begins payments in groups: one commit for all that arrived during the previous one. A group commits what
 * fits: one order that the guard refuses does not fail its neighbours.
 */
export function paymentBeginnings(on: Postgres, log: Log, groupSizeMax: number) {
  /** Rounds of writing and reading until each intent has its answer. */
  async function begin(group: readonly PaymentIntent[], answers: Answers): Promise<void> {
    let fresh = [...group];
    for (let round = 0; round < roundsMax && fresh.length > 0; round += 1) {
      const unanswered = await acceptedBy(beginPayments, firstColumns, fresh, answers);
      if (unanswered.length === 0) return;
      const known = await readKnownPayments(on, columns(unanswered.map(intentRow), knownColumns));
      const again: PaymentIntent[] = [];
      fresh = [];
      unanswered.forEach((intent, at) => {
        const step = nextStep(intent, known[at] as KnownPayment);
        if (step.kind === 'answer') answers.set(intent, step.outcome);
        else (step.kind === 'begin' ? fresh : again).push(intent);
      });
      if (again.length > 0) {
        fresh.push(...(await acceptedBy(beginPaymentsAgain, againColumns, again, answers)));
      }
    }
    for (const intent of fresh) answers.set(intent, new Error(`no agreement about ${intent.paymentId}`));
  }

  /** Runs one of the two commits and returns the intents that it left out. */
  async function acceptedBy(
    commit: typeof beginPayments,
    names: readonly (keyof ReturnType<typeof intentRow>)[],
    intents: readonly PaymentIntent[],
    answers: Answers,
  ): Promise<PaymentIntent[]> {
    const begun = await commit(on, columns(intents.map(intentRow), names));
    const begunIds = new Set(begun.map((row) => row.payment_id));
    return intents.filter((intent) => {
      if (!begunIds.has(intent.paymentId)) return true;
      answers.set(intent, { kind: 'accepted' });
      return false;
    });
  }

  async function answerAlone(intent: PaymentIntent, error: unknown): Promise<BeginPaymentOutcome | Error> {
    const fact = brokenFact(error);
    if (fact === 'committed_within_units' || fact === 'a_line_is_of_an_item_of_its_sale') {
      return refusedByGuard(intent, fact);
    }
    if (fact === 'coupon_within_budget' || fact === 'coupon_within_budget_of_buyer') return couponUsedUp();
    if (!metAnother(error)) return error as Error;
    // Whoever it met has committed meanwhile.
    const answers: Answers = new Map();
    await begin([intent], answers);
    return answers.get(intent) as BeginPaymentOutcome | Error;
  }

  async function refusedByGuard(intent: PaymentIntent, fact: string): Promise<BeginPaymentOutcome> {
    const { paymentId, saleId, orderId, reservationId, lines } = intent;
    const [judged] = await judgeGuardRefusal(on, [
      ...[paymentId, saleId, orderId, reservationId],
      ...[lines.map(({ sku }) => sku), lines.map(({ quantity }) => quantity)],
    ]);
    if (!judged?.has_failed) {
      const detail =
        'These units have just come back, and the ledger is about to know; pay again with this key.';
      return refuse('unavailable', { detail, retryAfterSeconds: 1 });
    }
    log.error({ fact, paymentId, saleId, orderId }, 'the guard refused an order: the first lock had failed');
    return refuse('unavailable', { detail: 'These units cannot be sold' });
  }

  /** A commit whose reply was lost is unknown: the second time it finds its own keys, and is accepted. */
  async function beginAgain(unknown: readonly PaymentIntent[], answers: Answers): Promise<void> {
    for (const intent of unknown) answers.delete(intent);
    await commitWhatFits(unknown, answers, begin, answerAlone);
    for (const intent of unknown) {
      const answer = answers.get(intent);
      if (answer && 'kind' in answer && answer.kind === 'pending') answers.set(intent, { kind: 'accepted' });
    }
  }

  async function commitGroup(group: readonly PaymentIntent[]): Promise<(BeginPaymentOutcome | Error)[]> {
    const answers: Answers = new Map();
    await commitWhatFits(group, answers, begin, answerAlone);
    const unknown = group.filter((intent) => isAway(answers.get(intent)));
    if (unknown.length > 0) await beginAgain(unknown, answers);
    return group.map((intent) => answers.get(intent) as BeginPaymentOutcome | Error);
  }

  return gather(commitGroup, {
    sizeMax: groupSizeMax,
    namesOf: (intent) => [intent.orderId, `${intent.buyerId}\n${intent.idempotencyKey}`],
  });
}
