import type { Problem } from '../../engine/contracts/errors.ts';
import { isIdOf, type PaymentId } from '../../engine/contracts/ids.ts';
import { endOfPage, pageOf } from '../../engine/contracts/page.ts';
import type { NextAction, OrderStore } from '../../engine/contracts/ports.ts';
import type { Log } from '../log.ts';
import { paymentReader } from '../payments/payment-row.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { paymentBeginnings } from './begin-payment.ts';
import { answerOfKey } from './known-payment.ts';
import { type OrderRow, orderOf } from './order-row.ts';

const abandonPayments = statement<{ payment_id: PaymentId }>('abandon-payments');
const readRefusal = statement<{ refusal: Problem }>('read-refusal');
const readOrders = statement<OrderRow>('read-orders');
const readStoredOutcome = statement<{
  fingerprint: string;
  status: number | null;
  body: Record<string, unknown> | null;
  next_action: NextAction | null;
}>('read-stored-outcome');

/** More than this in one commit makes everybody in it wait longer, and commits no more a second. */
const groupSizeMax = 256;

/** Orders on Postgres; `on` is a pool whose plans go through keys. */
export function orderStoreOn(on: Postgres, log: Log): OrderStore {
  const known = paymentReader(on);

  return {
    beginPayment: paymentBeginnings(on, log, groupSizeMax),

    async abandon({ paymentId, orderId, saleId, buyerId }, refusal) {
      const told = [refusal && JSON.stringify(refusal)];
      const [won] = await abandonPayments(on, [saleId, [paymentId], [buyerId], [orderId], told]);
      if (won) return 'now';
      return (await known(paymentId))?.state === 'abandoned' ? 'before' : 'never';
    },

    async refusalOf({ paymentId, buyerId }) {
      const [givenUp] = await readRefusal(on, [paymentId, buyerId]);
      return givenUp ? { kind: 'final', status: givenUp.refusal.status, body: givenUp.refusal } : null;
    },

    async storedOutcome(buyerId, operation, key, fingerprint) {
      const [stored] = await readStoredOutcome(on, [buyerId, operation, key]);
      return stored ? answerOfKey(stored, fingerprint) : null;
    },

    async order(orderId, buyerId) {
      const [row] = await readOrders(on, [buyerId, orderId, null, 1]);
      return row ? orderOf(row) : null;
    },

    async orders(buyerId, limit, cursor) {
      const before = endOfPage(cursor, (text) => isIdOf('ord', text));
      if (before.kind === 'refused') return before;
      const rows = await readOrders(on, [buyerId, null, before.name, limit + 1]);
      return pageOf(rows, limit, orderOf, (row) => row.order_id);
    },
  };
}
