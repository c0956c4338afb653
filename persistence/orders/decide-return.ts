import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { canMove, type OrderState, orderStates, type ReturnState } from '../../engine/contracts/states.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { LockedOrder } from './locked-order.ts';
import { amountOfReturn, beginRefund } from './money-back.ts';
import { type Actor, invalidTransition, move } from './transitions.ts';

interface ReturnFacts {
  state: ReturnState;
  reason: string;
  lines: { sku: string; quantity: number }[];
  completes_order: boolean;
}

const readReturn = statement<ReturnFacts>('read-return');
const recordDecision = statement('decide-return');
const closeReturn = statement('close-return');
const oweRestock = statement('owe-restock');

/**
 * Decides about a return of a locked order. An approved one gives its units back on sale and its money to the
 * buyer. The one that completes the order makes it `returned`, and `refunded` at once where nothing is left
 * to pay back. Null when that is done.
 */
export async function decideReturn(
  transaction: Postgres,
  order: LockedOrder,
  returnId: string,
  decision: 'approve' | 'reject',
  actor: Actor,
  reason: string | null,
): Promise<Refusal | null> {
  const [facts] = await readReturn(transaction, [returnId, order.buyer_id]);
  if (!facts) return refuse('return_not_found');
  if (facts.state !== 'requested') {
    return refuse('invalid_transition', {
      detail: `The return is ${facts.state}.`,
      members: { state: facts.state },
    });
  }
  if (decision === 'reject') {
    await recordDecision(transaction, [returnId, order.buyer_id, 'rejected', reason]);
    return null;
  }
  if (!canMove<OrderState>(orderStates, order.status, 'returned')) return invalidTransition(order.status);
  await recordDecision(transaction, [returnId, order.buyer_id, 'approved', reason]);
  await oweRestock(transaction, [
    returnId,
    order.buyer_id,
    order.order_id,
    facts.lines.map((line) => line.sku),
    facts.lines.map((line) => line.quantity),
  ]);
  const amountMinor = amountOfReturn(order, facts.lines, facts.completes_order);
  if (facts.completes_order) await move(transaction, order, 'returned', actor, reason ?? facts.reason);
  if (amountMinor > 0) {
    await beginRefund(transaction, order, {
      amountMinor,
      reason: facts.reason,
      requestedBy: actor.id ?? actor.by,
      returnId,
    });
    return null;
  }
  await closeReturn(transaction, [returnId, order.buyer_id]);
  const isPaidBack = order.payment_state === 'refunded' || order.total_minor === 0;
  if (facts.completes_order && isPaidBack) {
    await move(transaction, order, 'refunded', actor, 'Everything had been paid back');
  }
  return null;
}
