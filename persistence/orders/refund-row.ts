import type { RefundState, ReturnState } from '../../engine/contracts/states.ts';
import type { Refund, Return } from '../../engine/contracts/wire/orders.ts';

/** A refund as `read-orders.sql` selects it: times are text, because they come inside of JSON. */
export interface RefundRow {
  refund_id: string;
  return_id: string | null;
  state: RefundState;
  amount_minor: number;
  currency: string;
  reason: string;
  failure_code: string | null;
  created_at: string;
  settled_at: string | null;
}

/** A return, likewise. */
export interface ReturnRow {
  return_id: string;
  order_id: string;
  state: ReturnState;
  items: { sku: string; quantity: number }[];
  reason: string;
  created_at: string;
  decided_at: string | null;
  decision_reason: string | null;
}

const iso = (text: string) => new Date(text).toISOString();
const isoOrNull = (text: string | null) => (text === null ? null : iso(text));

/** The refund as the protocol shows it. */
export const refundOf = (row: RefundRow): Refund => ({
  refundId: row.refund_id,
  status: row.state,
  amount: { amount: row.amount_minor, currency: row.currency },
  reason: row.reason,
  returnId: row.return_id,
  ...(row.failure_code === null ? {} : { failureCode: row.failure_code }),
  createdAt: iso(row.created_at),
  settledAt: isoOrNull(row.settled_at),
});

/** The return as the protocol shows it. */
export const returnOf = (row: ReturnRow): Return => ({
  returnId: row.return_id,
  orderId: row.order_id,
  status: row.state,
  items: row.items,
  reason: row.reason,
  createdAt: iso(row.created_at),
  decidedAt: isoOrNull(row.decided_at),
  ...(row.decision_reason === null ? {} : { decisionReason: row.decision_reason }),
});
