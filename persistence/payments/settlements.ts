import type { ChargeOutcome } from '../../engine/contracts/ports.ts';
import type { Log } from '../log.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { commitWhatFits } from '../postgres/what-fits.ts';
import { callPersonIfEnded } from './call-person.ts';
import { confirmedAnswer, declinedAnswer, type FinalAnswer, lateAnswer } from './final-body.ts';
import type { PaymentRow } from './payment-row.ts';

const settleCaptured = statement<{ payment_id: string; order_is_confirmed: boolean }>('settle-captured');
const settleDeclined = statement<{ payment_id: string }>('settle-declined');

/** What was decided, where, and who found out: `saga`, or the login of a person. */
export interface Decision {
  /** Null where nobody was asked. */
  provider: string | null;
  by: string;
}
export type Captured = Extract<ChargeOutcome, { kind: 'captured' }> & Decision & { provider: string };
export type Declined = Extract<ChargeOutcome, { kind: 'declined' }> &
  Decision & {
    /** Of the claim under which nobody was asked: it counts while that claim is the latest. Absent for an answer. */
    fence?: number;
  };

export type Settled =
  | { kind: 'settled'; answer: FinalAnswer }
  /** The capture came after its order had ended: it is on record, and its refund has begun. */
  | { kind: 'captured without order' }
  /** Somebody settled it before, or acts on it under a later claim; nothing was changed. */
  | { kind: 'settled before' };

/** The second commit, grouped: what became of a payment, its order, its ledger entry and its key. */
export interface Settlements {
  /** Where the payment had ended without money a person is called. */
  capture(payment: PaymentRow, outcome: Captured): Promise<Settled>;
  decline(payment: PaymentRow, outcome: Declined): Promise<Settled>;
}

/** Captures that come late are few, so what they are answered is not sent with every capture. */
const lateTemplate = JSON.stringify(lateAnswer({ payment_id: 'pay_', request_id: '{requestId}' }).body);

interface Case<O> {
  payment: PaymentRow;
  outcome: O;
  answer: FinalAnswer;
}

/** Settles on `on` what providers decided. */
export function settlementsOn(on: Postgres, log: Log, groupSizeMax = 256): Settlements {
  /** A group at a time, in the order of its keys, so that two workers never wait for each other in a ring. */
  const grouped = <O>(commit: (cases: readonly Case<O>[]) => Promise<Map<string, Settled>>) => {
    const settle = async (cases: readonly Case<O>[], answers: Map<Case<O>, Settled | Error>) => {
      const settled = await commit(inKeyOrder(cases));
      for (const one of cases) {
        answers.set(one, settled.get(one.payment.payment_id) ?? { kind: 'settled before' });
      }
    };
    return gather<Case<O>, Settled>(
      async (group) => {
        const answers = new Map<Case<O>, Settled | Error>();
        await commitWhatFits(group, answers, settle, async (_, error) => error as Error);
        return group.map((one) => answers.get(one) as Settled | Error);
      },
      { sizeMax: groupSizeMax, namesOf: (one) => [one.payment.order_id] },
    );
  };

  const captures = grouped<Captured>(async (cases) => {
    const rows = await settleCaptured(on, [
      cases.map((one) => one.payment.payment_id),
      cases.map((one) => one.payment.buyer_id),
      cases.map((one) => one.outcome.providerReference),
      cases.map((one) => JSON.stringify(one.answer.body)),
      cases.map((one) => one.outcome.provider),
      cases.map((one) => one.outcome.by),
      lateTemplate,
    ]);
    const answers = new Map(cases.map((one) => [one.payment.payment_id as string, one.answer]));
    return new Map(
      rows.map((row): [string, Settled] => {
        if (row.order_is_confirmed) {
          return [row.payment_id, { kind: 'settled', answer: answers.get(row.payment_id) as FinalAnswer }];
        }
        log.warn({ paymentId: row.payment_id }, 'a capture came after its order had ended: it goes back');
        return [row.payment_id, { kind: 'captured without order' }];
      }),
    );
  });

  const declines = grouped<Declined>(async (cases) => {
    const rows = await settleDeclined(on, [
      cases.map((one) => one.payment.payment_id),
      cases.map((one) => one.payment.buyer_id),
      cases.map((one) => one.outcome.providerReference),
      cases.map((one) => one.outcome.declineCode),
      cases.map((one) => JSON.stringify(one.answer.body)),
      cases.map((one) => one.outcome.provider),
      cases.map((one) => one.outcome.by),
      cases.map((one) => one.outcome.fence ?? null),
    ]);
    const answers = new Map(cases.map((one) => [one.payment.payment_id as string, one.answer]));
    return new Map(
      rows.map((row) => [
        row.payment_id,
        { kind: 'settled', answer: answers.get(row.payment_id) as FinalAnswer },
      ]),
    );
  });

  return {
    async capture(payment, outcome) {
      const settled = await captures({ payment, outcome, answer: confirmedAnswer(payment) });
      if (settled.kind === 'settled before') await callPersonIfEnded(on, log, payment.payment_id, outcome);
      return settled;
    },
    decline: (payment, outcome) =>
      declines({ payment, outcome, answer: declinedAnswer(payment, outcome.declineCode) }),
  };
}

const inKeyOrder = <C extends { payment: PaymentRow }>(cases: readonly C[]): C[] =>
  [...cases].sort((a, b) => (a.payment.payment_id < b.payment.payment_id ? -1 : 1));
