import type { Reserved } from '../../engine/contracts/wire/reservations.ts';
import type { Ticket } from '../../engine/contracts/wire/tickets.ts';

/** A *no* by the protocol's catalogue. */
export interface Refused {
  kind: 'refused';
  code: string;
  retryable: boolean;
  retryAfterMs: number;
  detail: string;
  /** Named by `already_paid`. */
  orderId: string | null;
}

export type JoinAnswer = { kind: 'ticket'; ticket: Ticket } | Refused;
export type ReserveAnswer = { kind: 'reserved'; reserved: Reserved } | { kind: 'standby' } | Refused;
export type PayAnswer =
  | { kind: 'pending'; orderId: string }
  /** The bank asks the owner of the card, at that page. */
  | { kind: 'asked_by_bank'; orderId: string; url: string }
  | { kind: 'confirmed'; orderId: string }
  | { kind: 'declined' }
  | Refused;

export interface Payment {
  checkoutId: string;
  purchaseToken: string;
  paymentToken: string;
  idempotencyKey: string;
}

/**
 * How a buyer talks to the sale. Two ways do the same: a socket that is told, and HTTP that asks.
 * Every call may be repeated; a connection that breaks is mended underneath.
 */
export interface Line {
  /** Until the line can be spoken on. */
  open(): Promise<void>;
  join(): Promise<JoinAnswer>;
  /** Until this buyer is called, or nothing is left. */
  waitForTurn(): Promise<'called' | 'over'>;
  reserve(): Promise<ReserveAnswer>;
  /** On standby: until it makes sense to reserve again, or nothing is left. */
  waitForUnit(): Promise<'try_again' | 'over'>;
  pay(payment: Payment): Promise<PayAnswer>;
  /** Of an accepted payment; null where nothing was heard for long: the payment is then repeated. */
  waitForOutcome(orderId: string): Promise<PayAnswer | null>;
  close(): void;
}

/** The sale answered what the protocol does not allow, or nothing at all. Ends the buyer as `failed`. */
export class Unexpected extends Error {}

type Body = Record<string, unknown>;

/** A problem object, of HTTP or of a socket's `error` event. */
export function refusedBy(body: Body, retryAfter?: string): Refused {
  const seconds = Number(retryAfter ?? body.retryAfterSeconds);
  return {
    kind: 'refused',
    code: String(body.code ?? 'no_code'),
    retryable: body.retryable === true,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 1000,
    detail: String(body.detail ?? ''),
    orderId: typeof body.orderId === 'string' ? body.orderId : null,
  };
}

/**
 * What an order, a reply to `pay` or a pushed outcome says: decided, or not yet. `Retry-After` of a problem
 * is passed beside it.
 */
export function payAnswerOf(body: Body, retryAfter?: string): PayAnswer {
  const orderId = String(body.orderId);
  if (body.status === 'confirmed') return { kind: 'confirmed', orderId };
  if (body.code === 'payment_declined' || body.paymentStatus === 'declined') return { kind: 'declined' };
  if (typeof body.code === 'string') return refusedBy(body, retryAfter);
  if (body.status === 'pending') return { kind: 'pending', orderId };
  if (body.status === 'requires_action') {
    return { kind: 'asked_by_bank', orderId, url: (body.nextAction as { url: string }).url };
  }
  // The hold ended before the order was paid: what the next `pay` would be told, too.
  return refusedBy({ code: 'reservation_expired', detail: `the order is ${String(body.status)}` });
}
