import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { PaymentProvider } from '../../engine/contracts/ports.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { confirmedAnswer, declinedAnswer, type FinalAnswer } from '../payments/final-body.ts';
import { type PaymentRow, pinOf } from '../payments/payment-row.ts';
import type { Settlements } from '../payments/settlements.ts';
import type { HoldSettlement } from './hold-settlement.ts';

/** Settled, or to be tried again: why. */
export type Charged = { kind: 'done' } | { kind: 'open'; reason: string };

export interface ChargeParts {
  read: (paymentId: string) => Promise<PaymentRow | null>;
  provider: PaymentProvider;
  settlements: Settlements;
  holds: HoldSettlement;
  push: Settlement['push'];
  log: Log;
}

const done: Charged = { kind: 'done' };
const open = (reason: string): Charged => ({ kind: 'open', reason });

/**
 * Brings one payment to its end, from wherever it stands: asks the provider, commits what it decided, and
 * only then moves the hold in Redis and tells the buyer. Safe to repeat, at any time, by anybody.
 */
export function charger({ read, provider, settlements, holds, push, log }: ChargeParts) {
  async function charge(paymentId: PaymentId): Promise<Charged> {
    const payment = await read(paymentId);
    if (!payment) return done;
    return payment.state === 'initiated' ? askForMoney(payment) : follow(payment);
  }

  async function askForMoney(payment: PaymentRow): Promise<Charged> {
    const outcome = await provider.charge({
      paymentId: payment.payment_id,
      amount: { amount: payment.amount_minor ?? 0, currency: payment.currency ?? '' },
      paymentToken: payment.payment_token ?? '',
      reference: payment.order_number,
      begunAtMs: payment.created_at.getTime(),
    });
    if (outcome.kind === 'unknown' || outcome.kind === 'unavailable') return open(outcome.reason);
    if (outcome.kind === 'authorized') return open('the charge is authorized, and not captured');
    const settled =
      outcome.kind === 'captured'
        ? await settlements.capture(payment, outcome)
        : await settlements.decline(
            payment,
            outcome.kind === 'declined'
              ? outcome
              : { ...outcome, kind: 'declined', declineCode: 'authentication_required' },
          );
    switch (settled.kind) {
      case 'settled':
        return tell(payment, settled.answer);
      case 'settled before': {
        const settledPayment = await read(payment.payment_id);
        return settledPayment ? follow(settledPayment) : done;
      }
      case 'captured without order':
        return done;
    }
  }

  /** Somebody settled it: Redis and the buyer may still have to hear of it. */
  async function follow(payment: PaymentRow): Promise<Charged> {
    if (payment.state === 'captured' && payment.order_status !== 'failed') {
      return tell(payment, confirmedAnswer(payment));
    }
    if (payment.state === 'declined') {
      return tell(payment, declinedAnswer(payment, payment.decline_code ?? ''));
    }
    return done;
  }

  async function tell(payment: PaymentRow, { status, body }: FinalAnswer): Promise<Charged> {
    const pin = { saleId: payment.sale_id, ...pinOf(payment) };
    const { buyer_id: buyerId, order_id: orderId } = payment;
    if (status === 201) {
      const confirmed = await holds.confirm(pin);
      if (confirmed.kind === 'not_paying') {
        log.error({ ...pin, state: confirmed.state }, 'an order is confirmed whose hold is not being paid');
      }
    } else {
      await holds.returnToHeld(pin);
    }
    await push({ ev: 'order', buyerId, orderId, status, body });
    return done;
  }

  return async (paymentId: PaymentId): Promise<Charged> => {
    try {
      return await charge(paymentId);
    } catch (error) {
      return open((error as Error).message);
    }
  };
}
