import type { PaymentId, RefundId } from '../../engine/contracts/ids.ts';
import type { PaymentProvider } from '../../engine/contracts/ports.ts';
import type { PaymentState, RefundState } from '../../engine/contracts/states.ts';
import type { Log } from '../log.ts';
import { callPersonIfEnded } from '../payments/call-person.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { jitter } from '../queues/jitter.ts';
import type { WakingPaymentQueue } from '../queues/payment-queue.ts';
import type { RowQueue } from '../queues/row-queue.ts';
import { lookAtRefundAgain } from '../refunds/look-again.ts';

interface EventRow {
  provider: string;
  event_id: string;
  type: string;
  payment_id: PaymentId | null;
  refund_id: RefundId | null;
  /** What the provider called the payment. */
  provider_reference: string | null;
  /** How often its provider was asked about it in vain. */
  looks: number;
  /** Null where there is no such payment, or refund. */
  payment_state: PaymentState | null;
  refund_state: RefundState | null;
}

const lostEvents = statement<EventRow>('lost-events');
const markEvents = statement('mark-events');
const postponeEvents = statement('postpone-events');
const giveUpEvent = statement<{ payment_id: string }>('give-up-event');

const batchMax = 500;

/** Three days of asking in vain: after twelve pauses that double, which take an hour, one is an hour. */
const looksMax = 12 + 72;

/** Events that say that money was taken, or set aside. */
const ofMoney = new Set([
  'payment_intent.succeeded',
  'payment_intent.amount_capturable_updated',
  'charge.succeeded',
  'charge.captured',
]);

/** Events that may say that a refund failed: https://docs.stripe.com/refunds#failed-refunds */
const ofFailure = new Set(['refund.failed', 'refund.updated', 'charge.refund.updated']);

export interface EventParts {
  rows: PostgresPool;
  reports: Postgres;
  queue: Pick<WakingPaymentQueue, 'wakeAgain'>;
  refunds: Pick<RowQueue<RefundId>, 'wake'>;
  providerNamed: (name: string) => PaymentProvider | undefined;
  log: Log;
}

/**
 * Looks after what providers told of. An event decides nothing, so neither its order nor its number counts: a
 * payment or refund that is not settled is woken, and asks its provider. Two are asked about here: a payment that had
 * ended without money, or ends so later, and is said to have taken some; and a refund that was paid back, and is said
 * to have failed. Where the provider cannot say, it is asked again after a pause that doubles; after three days a
 * person is.
 * Safe to run at once. Returns how many were acted on.
 */
export async function actOnEvents(parts: EventParts): Promise<number> {
  const { rows, reports, queue, refunds } = parts;
  const events = await lostEvents(reports, [batchMax, [...ofFailure]]);
  if (events.length === 0) return 0;
  const payments = events.filter((event) => event.payment_state === 'initiated');
  if (payments.length > 0) await queue.wakeAgain(distinct(payments.map((event) => event.payment_id)));
  const begun = events.filter((event) => event.refund_state === 'initiated');
  await refunds.wake(distinct(begun.map((event) => event.refund_id)));
  const done: EventRow[] = [];
  const unanswered: EventRow[] = [];
  for (const event of events) {
    const isDone = (await isDoneWith(parts, event)) || (await isGivenUp(parts, event));
    (isDone ? done : unanswered).push(event);
  }
  await markEvents(rows, columns(done, ['provider', 'event_id']));
  const chances = unanswered.map(() => jitter());
  await postponeEvents(rows, [...columns(unanswered, ['provider', 'event_id', 'looks']), chances]);
  return done.length;
}

/** Leaves to a person what could not be found out for too long. False: ask again later. */
async function isGivenUp({ rows, log }: EventParts, event: EventRow): Promise<boolean> {
  const { provider, event_id: eventId, type, payment_id: paymentId, refund_id: refundId, looks } = event;
  if (looks < looksMax || isUnderWay(event)) return false;
  const about = refundId ?? paymentId;
  const reason = `${provider} told of ${type} (${eventId}), and does not say what became of ${about}`;
  const [news] = await giveUpEvent(rows, [provider, eventId, paymentId, reason]);
  if (news) log.error({ paymentId, reason }, 'a payment is for a person to decide');
  return true;
}

const distinct = <Id extends string>(ids: readonly (Id | null)[]) =>
  [...new Set(ids)].filter((id): id is Id => id !== null);

/** Looks at what an event says of something that had come to an end. False: ask again later. */
function isDoneWith(parts: EventParts, event: EventRow): boolean | Promise<boolean> {
  if (ofMoney.has(event.type)) {
    if (isUnderWay(event)) return false;
    if (isOfEndedPayment(event)) return lookForMoney(parts, event);
  }
  const { type, refund_id: refundId, refund_state: state } = event;
  if (refundId === null || state !== 'refunded' || !ofFailure.has(type)) return true;
  const { rows, providerNamed, log } = parts;
  return lookAtRefundAgain({ on: rows, providerNamed, log }, refundId);
}

/** Its saga asks the provider, and may end it without money all the same. */
const isUnderWay = ({ payment_state: state }: EventRow): boolean =>
  state === 'initiated' || state === 'authorized';

const isOfEndedPayment = ({ payment_state: state }: EventRow): boolean =>
  state === 'declined' || state === 'voided' || state === 'abandoned';

/**
 * Asks the provider, and calls a person where it holds money of an ended payment. False: ask again later. That it shows
 * none yet says nothing: it told of some a moment ago.
 */
async function lookForMoney({ rows, providerNamed, log }: EventParts, event: EventRow): Promise<boolean> {
  const provider = providerNamed(event.provider);
  const { payment_id: paymentId, provider_reference: named } = event;
  if (!provider || paymentId === null) return false;
  const found = await provider.find({ paymentId, providerReference: named });
  switch (found.kind) {
    case 'captured':
      await callPersonIfEnded(rows, log, paymentId, { ...found, provider: event.provider });
      return true;
    case 'authorized': {
      const { providerReference } = found;
      return (await provider.void({ paymentId, providerReference })).kind === 'voided';
    }
    case 'voided':
      return true;
    case 'declined':
      // For three days it has said so itself: no person could find out more.
      return event.looks >= looksMax;
    default:
      return false;
  }
}
