import type { CheckoutId, OrderId, ReservationId } from '../../../engine/contracts/ids.ts';
import type { Card } from '../schedule/decision.ts';

/** Somebody who wants a unit: what they remember of what they were told. */
export class Buyer {
  readonly number: number;
  readonly id: string;
  ticket: string | null = null;
  /** Asked once to give a place up, which may happen at any time since. */
  hasAskedToLeave = false;
  /** The hold that they heard of last. */
  hold: { reservationId: ReservationId; checkoutId: CheckoutId; purchaseToken: string } | null = null;
  /** What they asked last, to ask it again. */
  payment: { checkoutId: CheckoutId; card: Card; key: string } | null = null;
  cancellation: { orderId: OrderId; key: string } | null = null;
  extension: { reservationId: ReservationId; requestId: string } | null = null;
  /** The order that they heard of last. */
  orderId: OrderId | null = null;

  constructor(number: number) {
    this.number = number;
    this.id = `buyer-${number}`;
  }
}
