import type { OrderId, PaymentId } from '../../engine/contracts/ids.ts';
import { namedSale } from '../../engine/contracts/sale.ts';
import type { OrderState, PaymentState } from '../../engine/contracts/states.ts';
import type { Payment } from '../../engine/contracts/wire/payments.ts';
import { statement } from '../postgres/statement.ts';

/** A payment as `read-unresolved.sql` selects it. */
export interface UnresolvedRow {
  payment_id: PaymentId;
  buyer_id: string;
  order_id: OrderId;
  sale_id: string;
  state: PaymentState;
  amount_minor: number | null;
  /** Of which no refund was begun that may still succeed. */
  refundable_minor: number | null;
  currency: string | null;
  payment_method: string | null;
  provider: string | null;
  provider_reference: string | null;
  decline_code: string | null;
  unresolved: string | null;
  created_at: Date;
  saga: {
    step: string;
    at: string;
    outcome?: string;
    by?: string;
    reason?: string;
    paidBackOutside?: number;
  }[];
  is_acted_on: boolean | null;
  order_number: string | null;
  order_status: OrderState | null;
}

export const readUnresolved = statement<UnresolvedRow>('read-unresolved');

/** The payment as the operator sees it; its tokens are nobody's to see. */
export const paymentOf = (row: UnresolvedRow): Payment => ({
  paymentId: row.payment_id,
  status: row.state,
  unresolved: row.unresolved,
  amount: moneyOf(row.amount_minor, row.currency),
  refundable: ['captured', 'refunded'].includes(row.state)
    ? moneyOf(row.refundable_minor, row.currency)
    : null,
  paymentMethod: row.payment_method,
  provider: row.provider,
  providerReference: row.provider_reference,
  declineCode: row.decline_code,
  orderId: row.order_id,
  orderNumber: row.order_number,
  orderStatus: row.order_status,
  ...namedSale(row.sale_id),
  buyerId: row.buyer_id,
  createdAt: row.created_at.toISOString(),
  steps: row.saga.map(({ step, at, outcome, by, reason, paidBackOutside }) => ({
    at: new Date(at).toISOString(),
    step,
    ...(outcome === undefined ? {} : { outcome }),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(paidBackOutside === undefined ? {} : { paidBackOutside }),
  })),
});

const moneyOf = (amount: number | null, currency: string | null): Payment['amount'] =>
  amount === null || currency === null ? null : { amount, currency };
