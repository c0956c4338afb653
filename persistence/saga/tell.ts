import type { AtCrashPoint } from '../../engine/contracts/crash-points.ts';
import { reservationIdOf } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { FinalAnswer } from '../payments/final-body.ts';
import { type PaymentRow, pinOf } from '../payments/payment-row.ts';
import type { HoldSettlement } from '../workers/hold-settlement.ts';

export interface TellParts {
  holds: HoldSettlement;
  /** A payment and its order as they are by now. */
  read: (paymentId: string) => Promise<PaymentRow | null>;
  push: Settlement['push'];
  log: Log;
  at: AtCrashPoint;
}

/**
 * The last steps, after the second commit: the hold in Redis, then a word to the buyer. Repeated harmlessly, and
 * repeated by everybody who finds the payment settled: where its outcome was unknown for a while that is both whoever
 * the provider's event woke and whoever was asking on. Whether the first of them came to speak nobody can know, so
 * all do, and the gateways tell each socket once.
 */
export function teller({ holds, read, push, log, at }: TellParts) {
  return async (payment: PaymentRow, { status, body }: FinalAnswer): Promise<void> => {
    let hasFailed = status === 402 && payment.order_status === 'failed';
    const pin = { saleId: payment.sale_id, ...pinOf(payment) };
    if (status === 201) {
      const confirmed = await holds.confirm(pin);
      if (confirmed.kind === 'not_paying') {
        log.error({ ...pin, state: confirmed.state }, 'an order is confirmed whose hold is not being paid');
      }
      at('hold:confirmed');
    } else {
      const returned = await holds.returnToHeld(pin);
      // The order fails with its hold, as soon as the relay hears of it.
      hasFailed ||= status === 402 && returned.kind === 'expired';
      at('hold:returned');
      if (returned.kind === 'held') await releaseIfCancelled(payment);
    }
    const {
      buyer_id: buyerId,
      order_id: orderId,
      order_number: orderNumber,
      payment_id: paymentId,
    } = payment;
    await push({ ev: 'order', buyerId, orderId, orderNumber, paymentId, status, body, hasFailed });
    at('buyer:told');
  };

  /** Whoever cancelled the order since the decline was committed could not release what was still pinned. */
  async function releaseIfCancelled({
    payment_id,
    order_id,
    sale_id: saleId,
    buyer_id: buyerId,
  }: PaymentRow) {
    const now = await read(payment_id);
    if (now?.order_status !== 'cancelled') return;
    await holds.release({ saleId, reservationId: reservationIdOf(order_id), buyerId });
  }
}
