import type { Refusal } from './contracts/errors.ts';
import type { CheckoutId, ReservationId } from './contracts/ids.ts';
import type { JoinOutcome, PayOutcome, Push, ReleaseOutcome, ReserveOutcome } from './contracts/outcomes.ts';
import type { LiveSale, SaleSnapshot } from './contracts/sale.ts';
import type { Checkout, Pay } from './contracts/wire/checkout.ts';
import type { Reservation, Reserve } from './contracts/wire/reservations.ts';
import type { TicketStatus } from './contracts/wire/tickets.ts';

/** Every sale that this process knows, kept current by the tick and by publish/subscribe. */
export interface SaleDirectory {
  /** From memory where it is known, else one read of Redis. */
  find(saleId: string): Promise<LiveSale | null>;
  findByNumber(saleNumber: number): Promise<LiveSale | null>;
  list(): LiveSale[];
  /** Called after a snapshot changed; `before` is null for a sale that was not known. */
  onChange(listener: (sale: LiveSale, before: SaleSnapshot | null) => void): void;
  onNotice(listener: (saleId: string, text: string) => void): void;
}

export interface WaitingRoom {
  join(sale: LiveSale, buyerId: string, challenge?: string): Promise<JoinOutcome>;
  /** Counts as a sign of life. `retryAfterSeconds` spreads polling clients out. */
  status(
    sale: LiveSale,
    buyerId: string,
  ): Promise<{ kind: 'status'; status: TicketStatus; retryAfterSeconds: number } | Refusal>;
  leave(sale: LiveSale, buyerId: string): Promise<{ kind: 'left' } | Refusal>;
  /** The turn of an index, or null while the sale has not opened. */
  turnOf(sale: LiveSale, index: number): number | null;
  /** When called turns in `[from, to)` must be used, in ms since 1970; one time for all, they were called together. */
  claimByMs(sale: LiveSale, turn: number): Promise<number | null>;
  /** A socket that answers pings shows that its buyer is there. */
  signsOfLife(sale: LiveSale, buyerIds: readonly string[]): Promise<void>;
}

/** The stages of a purchase, composed. Every call is safe to repeat. */
export interface CheckoutDesk {
  reserve(sale: LiveSale, buyerId: string, request: Reserve): Promise<ReserveOutcome>;
  reservation(
    id: ReservationId,
    buyerId: string,
  ): Promise<{ kind: 'found'; reservation: Reservation } | Refusal>;
  release(id: ReservationId, buyerId: string): Promise<ReleaseOutcome>;
  checkout(id: CheckoutId, buyerId: string): Promise<{ kind: 'found'; checkout: Checkout } | Refusal>;
  pay(id: CheckoutId, buyerId: string, idempotencyKey: string, request: Pay): Promise<PayOutcome>;
  /** The 201 body of a reservation that came through standby, for its push. */
  reservedBody(
    sale: LiveSale,
    reservation: import('./contracts/outcomes.ts').ReservationRecord,
  ): import('./contracts/wire/reservations.ts').Reserved;
}

export interface Engine {
  sales: SaleDirectory;
  waitingRoom: WaitingRoom;
  desk: CheckoutDesk;
  onPush(listener: (push: Push) => void): void;
  /** One pass of everything that is due in every live sale: states, admission, expiry, standby. Never throws for a Redis that is away. */
  runOnce(): Promise<void>;
  /** Null when Redis can be reached and is the Redis that this process knows, else a short sentence. */
  unavailable(): Promise<string | null>;
  close(): Promise<void>;
}
