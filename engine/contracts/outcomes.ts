import type { Refusal } from './errors.ts';
import type { Item } from './events.ts';
import type { OrderId, PaymentId, ReservationId } from './ids.ts';
import type { ReservationState } from './states.ts';
import type { OrderConfirmed, OrderPending, OrderRequiresAction } from './wire/checkout.ts';
import type { Reserved } from './wire/reservations.ts';
import type { Ticket } from './wire/tickets.ts';

/**
 * What the engine answers. A business *no* is a `Refusal` with a code of the catalogue; only bugs and
 * absent stores are thrown.
 */
export type JoinOutcome = { kind: 'joined'; fresh: boolean; ticket: Ticket } | Refusal;

export type ReserveOutcome =
  | { kind: 'held'; fresh: boolean; reserved: Reserved }
  | { kind: 'standby'; ahead: number; retryAfterSeconds: number }
  | Refusal;

export type ReleaseOutcome = { kind: 'released' } | Refusal;

/** The hold with its new deadline, and a token that says so. */
export type ExtendOutcome = { kind: 'extended'; reserved: Reserved } | Refusal;

export type PayOutcome =
  /** Durable and under way; `replayed` where this key had been accepted before. */
  | { kind: 'pending'; replayed: boolean; order: OrderPending | OrderRequiresAction }
  /** The outcome of this key is final; exactly what was stored is said again. */
  | { kind: 'final'; replayed: boolean; status: number; body: OrderConfirmed | Record<string, unknown> }
  | Refusal;

/** A reservation as the Lua scripts know it. */
export interface ReservationRecord {
  id: ReservationId;
  saleId: string;
  buyerId: string;
  state: ReservationState;
  items: Item[];
  /** By the sale's clock. */
  deadlineMs: number;
  turn: number | null;
}

/**
 * What a buyer did at one gateway, told to all of them, because this buyer's sockets may be on any. `index` is null
 * where the place was given up.
 */
export type BuyerNews =
  | { news: 'place'; buyerId: string; saleId: string; index: number | null }
  | { news: 'held'; buyerId: string; saleId: string; reservation: ReservationRecord };

/** Told to one buyer, on every socket they have, through Redis publish/subscribe. */
export type Push =
  | { ev: 'reserved'; buyerId: string; saleId: string; reservation: ReservationRecord }
  | { ev: 'expired'; buyerId: string; saleId: string; reservationId: ReservationId }
  | {
      ev: 'order';
      buyerId: string;
      orderId: OrderId;
      orderNumber: string;
      /** Whose outcome it is: of one payment each status is told once, however often it is pushed. */
      paymentId: PaymentId;
      status: number;
      body: OrderConfirmed | Record<string, unknown>;
      /** Of a decline: no other card pays the order any more, because its hold has ended. */
      hasFailed?: boolean;
    };
