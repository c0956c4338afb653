import type { Refusal } from './errors.ts';
import type { OrderId } from './ids.ts';
import type { OrderMove } from './states.ts';
import type { Address, Order } from './wire/checkout.ts';
import type { Refund, RequestRefund, RequestReturn, Return } from './wire/orders.ts';

/** What a request under an idempotency key came to; `replayed` where it is said again, to the letter. */
export type KeyedOutcome<Body> = { kind: 'done'; replayed: boolean; status: number; body: Body } | Refusal;

/**
 * What a buyer does with an own order. Somebody else's order is `order_not_found`; what its state does not
 * allow is `invalid_transition` with the `state`. A repeat under the same key gets the first answer.
 */
export interface BuyerOrders {
  /**
   * Cancels what was not shipped; what was paid is refunded in full.
   * Refusals: `payment_in_progress`, `idempotency_key_reused`, `idempotency_key_in_use`.
   */
  cancel(
    orderId: OrderId,
    buyerId: string,
    request: { reason?: string },
    idempotencyKey: string,
  ): Promise<KeyedOutcome<Order>>;
  /**
   * Asks to send units back, for an operator to decide.
   * Refusals: `return_window_closed`, `invalid_request` (not bought, or returned already), and as above.
   */
  requestReturn(
    orderId: OrderId,
    buyerId: string,
    request: RequestReturn,
    idempotencyKey: string,
  ): Promise<KeyedOutcome<Return>>;
  /** Says where the order is to be sent, until it is processed. */
  giveAddress(
    orderId: OrderId,
    buyerId: string,
    address: Address,
  ): Promise<{ kind: 'done'; order: Order } | Refusal>;
}

/** What an operator does with anybody's order. */
export interface Fulfilment {
  /** Refusals: `order_not_found`, `invalid_transition`, `address_required` (to begin with the order). */
  move(
    orderId: OrderId,
    move: Exclude<OrderMove, 'cancel'>,
    operatorId: string,
    reason: string | null,
  ): Promise<{ kind: 'done'; order: Order } | Refusal>;
  /** Begins a refund of that much, or of all that is left. Refusals: `refund_exceeds_captured`, and as above. */
  refund(
    orderId: OrderId,
    operatorId: string,
    request: RequestRefund,
    idempotencyKey: string,
  ): Promise<KeyedOutcome<Refund>>;
  /**
   * Approved units go back on sale, and their price to the buyer; the last of an order take all that is left
   * of its money with them. Refusals: `return_not_found`, `invalid_transition`.
   */
  decideReturn(
    returnId: string,
    decision: 'approve' | 'reject',
    operatorId: string,
    reason: string | null,
  ): Promise<{ kind: 'done'; order: Order } | Refusal>;
}
