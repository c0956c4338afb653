import { refuse } from '../../engine/contracts/errors.ts';
import type { BeginPaymentOutcome, PaymentIntent } from '../../engine/contracts/ports.ts';
import type { Log } from '../log.ts';
import { brokenFact, isAway, metAnother } from '../postgres/errors.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { intentRow } from './intent-row.ts';
import { type KnownPayment, nextStep } from './known-payment.ts';

const beginPayments = statement<{ payment_id: string }>('begin-payments');
const beginPaymentsAgain = statement<{ payment_id: string }>('begin-payments-again');
const readKnownPayments = statement<KnownPayment>('read-known-payments');
const recordGuardRefusal = statement('record-guard-refusal');

/** A repeat that meets its own first request needs two rounds, a race with another gateway a third. */
const roundsMax = 4;

type Answers = Map<PaymentIntent, BeginPaymentOutcome | Error>;

/**
 * Begins payments in groups: one commit for all that arrived during the previous one. A group commits what
 * fits: when it is refused as a whole it is halved until the element at fault stands alone.
 */
export function paymentBeginnings(on: Postgres, log: Log, groupSizeMax: number) {
  /** Rounds of reading and writing until each intent has its answer; answers are kept as they are found. */
  async function begin(group: readonly PaymentIntent[], answers: Answers): Promise<void> {
    let fresh = [...group];
    for (let round = 0; round < roundsMax && fresh.length > 0; round += 1) {
      const unanswered = await acceptedBy(beginPayments, firstColumns, fresh, answers);
      if (unanswered.length === 0) return;
      const known = await readKnownPayments(
        on,
        columns(unanswered.map(intentRow), ['payment_id', 'order_id', 'sale_id', 'buyer_id', 'key']),
      );
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

  async function beginWhatFits(group: readonly PaymentIntent[], answers: Answers): Promise<void> {
    try {
      await begin(group, answers);
    } catch (error) {
      const open = group.filter((intent) => !answers.has(intent));
      const [alone, ...others] = open;
      if (!alone) return;
      if (isAway(error)) {
        for (const intent of open) answers.set(intent, error as Error);
      } else if (others.length === 0) {
        answers.set(alone, await answerAlone(alone, error));
      } else {
        const half = open.length >> 1;
        await beginWhatFits(open.slice(0, half), answers);
        await beginWhatFits(open.slice(half), answers);
      }
    }
  }

  async function answerAlone(intent: PaymentIntent, error: unknown): Promise<BeginPaymentOutcome | Error> {
    const fact = brokenFact(error);
    if (fact === 'committed_within_units' || fact === 'a_line_is_of_an_item_of_its_sale') {
      const { paymentId, saleId, orderId } = intent;
      log.error(
        { fact, paymentId, saleId, orderId },
        'the guard refused an order: the first lock had failed',
      );
      await recordGuardRefusal(on, [paymentId, saleId, orderId]);
      return refuse('unavailable', { detail: 'These units cannot be sold' });
    }
    if (!metAnother(error)) return error as Error;
    const answers: Answers = new Map();
    await begin([intent], answers);
    return answers.get(intent) as BeginPaymentOutcome | Error;
  }

  /** A commit whose answer was lost is unknown: the second time it finds its own key. */
  async function beginTwiceIfAway(group: readonly PaymentIntent[], answers: Answers): Promise<void> {
    await beginWhatFits(group, answers);
    const lost = group.filter((intent) => isAway(answers.get(intent)));
    for (const intent of lost) answers.delete(intent);
    if (lost.length > 0) await beginWhatFits(lost, answers);
  }

  return gather<PaymentIntent, BeginPaymentOutcome>(
    async (group) => {
      const answers: Answers = new Map();
      await beginTwiceIfAway(group, answers);
      return group.map((intent) => answers.get(intent) as BeginPaymentOutcome | Error);
    },
    {
      sizeMax: groupSizeMax,
      namesOf: (intent) => [intent.orderId, `${intent.buyerId}\n${intent.idempotencyKey}`],
    },
  );
}

const firstColumns = [
  'payment_id',
  'order_id',
  'order_number',
  'reservation_id',
  'sale_id',
  'epoch',
  'buyer_id',
  'key',
  'fingerprint',
  'currency',
  'subtotal_minor',
  'total_minor',
  'payment_method',
  'payment_token',
  'lines',
] as const;

const againColumns = [
  'payment_id',
  'order_id',
  'sale_id',
  'epoch',
  'buyer_id',
  'key',
  'fingerprint',
  'currency',
  'total_minor',
  'payment_method',
  'payment_token',
] as const;
