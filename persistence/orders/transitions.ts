import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import {
  canMove,
  type OrderMove,
  type OrderState,
  orderMoves,
  orderStates,
} from '../../engine/contracts/states.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { LockedOrder } from './locked-order.ts';

/** Who moves an order: what its history shows, and the login behind it, which it does not show. */
export interface Actor {
  by: 'buyer' | 'operator' | 'payment';
  id: string | null;
}

const moveOrder = statement<{ order_id: string }>('move-order');

/** The refusal of a move that the table does not have. */
export const invalidTransition = (status: OrderState, detail?: string): Refusal =>
  refuse('invalid_transition', {
    detail: detail ?? `The order is ${status}.`,
    members: { state: status },
  });

/** Null where the table allows that move of the order. */
export const refusalOfMove = ({ status }: LockedOrder, move: OrderMove): Refusal | null =>
  canMove<OrderState>(orderStates, status, orderMoves[move]) ? null : invalidTransition(status);

/** Moves a locked order, and tells its history. */
export async function move(
  transaction: Postgres,
  order: LockedOrder,
  to: OrderState,
  actor: Actor,
  reason: string | null,
): Promise<void> {
  await moveOrder(transaction, [
    order.buyer_id,
    order.order_id,
    order.status,
    to,
    actor.by,
    actor.id,
    reason,
  ]);
  order.status = to;
}
