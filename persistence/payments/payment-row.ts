import type { OrderId, PaymentId } from '../../engine/contracts/ids.ts';
import { reservationIdOf } from '../../engine/contracts/ids.ts';
import type { OrderState, PaymentState } from '../../engine/contracts/states.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

/** A payment as `read-payments.sql` selects it. Amounts are null for an abandoned one. */
export interface PaymentRow {
  payment_id: PaymentId;
  buyer_id: string;
  order_id: OrderId;
  sale_id: string;
  state: PaymentState;
  amount_minor: number | null;
  currency: string | null;
  payment_token: string | null;
  decline_code: string | null;
  created_at: Date;
  /** The request that began it; null for one that was begun before that was kept, and for an abandoned one. */
  request_id: string | null;
  order_number: string;
  order_status: OrderState;
}

const readPayments = statement<PaymentRow>('read-payments');

/** Reads payments by id, grouped with whoever asks at the same time; null where there is no such payment. */
export function paymentReader(on: Postgres): (paymentId: string) => Promise<PaymentRow | null> {
  return gather<string, PaymentRow | null>(
    async (ids) => {
      const rows = await readPayments(on, [ids]);
      const byId = new Map(rows.map((row) => [row.payment_id as string, row]));
      return ids.map((id) => byId.get(id) ?? null);
    },
    { sizeMax: 500 },
  );
}

/** The pin that a payment holds in Redis. */
export const pinOf = (payment: Pick<PaymentRow, 'payment_id' | 'order_id'>) => ({
  reservationId: reservationIdOf(payment.order_id),
  paymentId: payment.payment_id,
});
