import type { CartAtDesk } from './contracts/carts.ts';
import type { Refusal } from './contracts/errors.ts';
import type { CheckoutId, PaymentId, ReservationId } from './contracts/ids.ts';
import type { ObservedSale } from './contracts/observed-sale.ts';
import type {
  BuyerNews,
  ExtendOutcome,
  JoinOutcome,
  PayOutcome,
  Push,
  ReleaseOutcome,
  ReservationRecord,
  ReserveOutcome,
} from './contracts/outcomes.ts';
import type { JournaledPlaces, RebuiltSale } from './contracts/rebuilt-sale.ts';
import type { LiveSale, SaleConfig, SaleSnapshot } from './contracts/sale.ts';
import type { Soon } from './contracts/soon.ts';
import type { ReservationState, SaleState } from './contracts/states.ts';
import type { Checkout, PatchCheckout, Pay } from './contracts/wire/checkout.ts';
import type { Reservation, Reserve, Reserved } from './contracts/wire/reservations.ts';
import type { Join, TicketStatus } from './contracts/wire/tickets.ts';
import type { Restock, RestockAnswer } from './reservation/settle.ts';
import type { KnownReservation } from './reservation/states.ts';
import type { SaleLife } from './sale/life.ts';
import type { ReadOutbox } from './sale/outbox.ts';
import type { RebuildBegun, Rebuilt } from './sale/rebuild.ts';

export type { ObservedReservation, ObservedSale } from './contracts/observed-sale.ts';
export type { JournaledPlaces, RebuiltSale } from './contracts/rebuilt-sale.ts';
export type { OwnReservation, PinAnswer } from './reservation/reservations.ts';
export type { Decision, ReserveRequest } from './reservation/reserve.ts';
export type { SlowSale, SlowSales } from './reservation/slow.ts';
export type { KnownReservation } from './reservation/states.ts';
export type { SaleLife } from './sale/life.ts';

/** Every sale that this process knows, kept current by the tick and by publish/subscribe. */
export interface SaleDirectory {
  /** From memory where it is known, else one read of Redis. */
  find(saleId: string): Soon<LiveSale | null>;
  findByNumber(saleNumber: number): Promise<LiveSale | null>;
  /**
   * How many units of SKUs are available at this moment, as Redis has it; what is in memory is older. A SKU that Redis
   * does not know is not in it; null where Redis does not say.
   */
  availableNow(saleId: string, skus: readonly string[]): Promise<ReadonlyMap<string, number> | null>;
  /** All of them; general stock is none. */
  list(): LiveSale[];
  /** Called after a snapshot changed; `before` is null for a sale that was not known. */
  onChange(listener: (sale: LiveSale, before: SaleSnapshot | null) => void): void;
  onNotice(listener: (saleId: string, text: string) => void): void;
}

export interface WaitingRoom {
  /** `shown`: a solved challenge, and the ticket of a place that Redis may have lost. */
  join(sale: LiveSale, buyerId: string, shown?: Join): Promise<JoinOutcome>;
  /** Proof of work to be done before joining, where the sale asks for it. */
  challenge(
    sale: LiveSale,
  ): { kind: 'challenge'; challenge: { challenge: string; difficulty: number; expiresAt: string } } | Refusal;
  /** Counts as a sign of life. `retryAfterSeconds` spreads polling clients out. */
  status(
    sale: LiveSale,
    buyerId: string,
  ): Promise<{ kind: 'status'; status: TicketStatus; retryAfterSeconds: number } | Refusal>;
  leave(sale: LiveSale, buyerId: string): Promise<{ kind: 'left' } | Refusal>;
  /** The place that the buyer has; no sign of life. */
  find(
    sale: LiveSale,
    buyerId: string,
  ): Promise<{ kind: 'place'; place: { index: number; turn: number | null } } | Refusal>;
  /** The turn of an index, or null while the sale has not opened. */
  turnOf(sale: LiveSale, index: number): number | null;
  /** When called turns in `[from, to)` must be used, in ms since 1970; one time for all, they were called together. */
  claimByMs(sale: LiveSale, turn: number): Promise<number | null>;
  /** A socket that answers pings shows that its buyer is there. Answers how many of them stand by. */
  signsOfLife(sale: LiveSale, buyerIds: readonly string[]): Promise<number>;
}

/** One attempt to pay what is held. */
export interface PayAttempt {
  checkoutId: CheckoutId;
  buyerId: string;
  idempotencyKey: string;
  request: Pay;
  /** Where mail about the order goes, null for nowhere; the first attempt on an order decides. */
  email?: string | null;
  /** What the outcome names where it is a refusal, a new one without it; the first request under a key decides. */
  requestId?: string;
}

/** The stages of a purchase, composed. Every call is safe to repeat. */
export interface CheckoutDesk {
  reserve(sale: LiveSale, buyerId: string, request: Reserve): Soon<ReserveOutcome>;
  reservation(
    id: ReservationId,
    buyerId: string,
  ): Promise<{ kind: 'found'; reservation: Reservation } | Refusal>;
  release(id: ReservationId, buyerId: string): Promise<ReleaseOutcome>;
  /** Once, where the sale allows it. `requestId` names the request: a repeat of it gets the first answer. */
  extend(id: ReservationId, buyerId: string, requestId: string): Promise<ExtendOutcome>;
  /**
   * Holds what is in a cart, from general stock, in place of what the buyer held there before, and says what it
   * costs. The cart is read here, and once more where something of it may have been bought meanwhile; where it cannot
   * be checked out, that is the answer. The same cart is held as it is, at the price that was said for it, unless `details` name another address
   * or coupon. Refusals, which change nothing: `sku_not_found`, `insufficient_stock`, `payment_in_progress`,
   * `coupon_not_applicable`, `coupon_used_up`, `invalid_request` (more than an order can cost), `unavailable`; of the
   * same cart those of `reprice`.
   */
  initiate(
    buyerId: string,
    readCart: () => Promise<CartAtDesk | Refusal>,
    details: PatchCheckout,
  ): Promise<{ kind: 'found'; checkout: Checkout } | Refusal>;
  /** What is to be paid, as it was said last; where the lock of that has ended, said anew. */
  checkout(id: CheckoutId, buyerId: string): Promise<{ kind: 'found'; checkout: Checkout } | Refusal>;
  /**
   * Changes addresses, and with them the price, until an order is placed. Refusals: `payment_in_progress`,
   * `already_paid`, `reservation_expired`, `invalid_transition` (placed, and declined since).
   */
  reprice(
    id: CheckoutId,
    buyerId: string,
    changes: PatchCheckout,
  ): Promise<{ kind: 'found'; checkout: Checkout } | Refusal>;
  pay(attempt: PayAttempt): Promise<PayOutcome>;
  /** The 201 body of a reservation that came through standby, for its push. */
  reservedBody(sale: LiveSale, reservation: ReservationRecord): Reserved;
}

export interface Engine {
  sales: SaleDirectory;
  waitingRoom: WaitingRoom;
  desk: CheckoutDesk;
  onPush(listener: (push: Push) => void): void;
  /** What buyers did, at this gateway or another. */
  onBuyerNews(listener: (news: BuyerNews) => void): void;
  /** One pass of everything that is due in every live sale: states, admission, expiry, standby. Never throws for a Redis that is away. */
  runOnce(): Promise<void>;
  /** Hears which sales sell slowly, and where they are. Never throws for a Postgres that is away. */
  followSlowSales(): Promise<void>;
  /** Null when Redis can be reached and is the Redis that this process knows, else a short sentence. */
  unavailable(): Promise<string | null>;
  close(): Promise<void>;
}

/**
 * What the durable half asks of Redis: publishing sales, settling pins, reading the outbox.
 * Every call is safe to repeat; a Redis that is away throws `RedisUnavailable`.
 */
export interface Settlement {
  /** Creates the sale in Redis from its rows; a sale that is there already is left as it is. */
  publishSale(sale: PublishedSale): Promise<{ kind: 'published' } | { kind: 'exists'; epoch: number }>;
  /** Leased indices `[from, to)` for the waiting room; a lease that does not follow the present one is ignored. */
  grantIndices(
    saleId: string,
    from: number,
    to: number,
  ): Promise<{ granted: boolean; leasedTo: number; next: number }>;
  /**
   * Adds invitations to a sale that is by invitation. With `isAll` everybody has been named by now: whoever
   * is not listed is refused from then on, and asked to come back before. Believes in an epoch, because the
   * list of one is not that of the next. A repeat changes nothing.
   */
  invite(
    saleId: string,
    invitations: { epoch: number; buyerIds: readonly string[]; isAll: boolean },
  ): Promise<void>;
  /** Whether Redis knows everybody whom a sale invites, and in which epoch. */
  knownInvitations(saleId: string): Promise<{ epoch: number; isAll: boolean }>;
  /** What Redis says of a sale, believed or not. */
  life(saleId: string): Promise<SaleLife>;
  /**
   * After a restart that lost nothing, as was seen in the life of Redis of that `runId`; `indices` are leased anew,
   * `[from, to)`. `restarted`: it is another one by now, which has to be looked at again. `missing`: Redis does not
   * know the sale, it has to be rebuilt.
   */
  beginEpoch(
    saleId: string,
    runId: string,
    epoch: number,
    indices: { from: number; to: number },
  ): Promise<{ kind: 'begun' | 'present' | 'restarted' | 'missing' }>;
  /**
   * Takes a sale out of Redis, so that `builder` may write it anew. What its outbox has behind `position`, where
   * the journal is, is handed over.
   */
  beginRebuild(saleId: string, epoch: number, position: string): Promise<RebuildBegun>;
  /** Does `work` that may write nothing for long; `builder` is not taken for dead meanwhile. */
  whileRebuilding<R>(saleId: string, builder: string, work: () => Promise<R>): Promise<R>;
  /** Writes it anew, with the places of its waiting room; it sells from the last call on, or not at all. */
  rebuild(builder: string, sale: RebuiltSale, places: AsyncIterable<JournaledPlaces>): Promise<Rebuilt>;
  /** Reservations as they lie in Redis, in the order asked for; null where there is none. Changes nothing. */
  reservationStates(saleId: string, ids: readonly ReservationId[]): Promise<(KnownReservation | null)[]>;
  /** All that Redis holds of a sale's units, believed or not, to compare it with what Postgres says. Null: nothing. */
  observe(saleId: string): Promise<ObservedSale | null>;
  command(saleId: string, command: SaleCommand): Promise<{ kind: 'done'; state: SaleState } | Refusal>;
  /**
   * Changes what an operator may change while the sale lasts; the rows changed first, to that revision. `overtaken`: a
   * later one was here before, and nothing is changed.
   */
  configure(
    saleId: string,
    revision: number,
    fields: {
      title?: string;
      perMinute?: number;
      waitingOpensAtMs?: number;
      opensAtMs?: number;
      closesAtMs?: number;
    },
  ): Promise<{ kind: 'done'; state: SaleState } | { kind: 'overtaken' } | Refusal>;
  /** Sets the units of a SKU: up after Postgres, down before it. Setting the same number changes nothing. */
  adjustUnits(saleId: string, sku: string, units: number): Promise<{ kind: 'done'; units: number } | Refusal>;
  /** The same for rows of that revision. `overtaken`: a later one was here before, and nothing is changed. */
  reviseUnits(
    saleId: string,
    revision: number,
    sku: string,
    units: number,
  ): Promise<{ kind: 'done'; units: number } | { kind: 'overtaken' } | Refusal>;
  /** Says what a sale sells: titles and prices anew, and SKUs that are new to it, without units yet. The rows changed first. */
  listItems(saleId: string, items: SaleConfig['items']): Promise<{ kind: 'done' } | Refusal>;
  /**
   * Takes the unsold units of these SKUs out of a sale that has ended, and says how many it is left with. Null
   * while it runs, or while units are held or being paid. Safe to repeat.
   */
  giveBack(
    saleId: string,
    skus: readonly string[],
  ): Promise<{ sku: string; units: number }[] | null | Refusal>;
  /**
   * Fixes who takes part in the draw, or says who was fixed before. `ended`: the sale opened or ended without. `early`:
   * for a moment after a loss of Redis, while those whose places went with it are given them back.
   */
  freeze(
    saleId: string,
  ): Promise<{ kind: 'frozen'; preEntrants: number; frozenAtMs: number } | { kind: 'ended' | 'early' }>;
  /** Who has a place, by bucket and in no order; 12 bytes name the buyer. Not held: given up, the index stays taken. */
  entrants(saleId: string): AsyncIterable<Iterable<{ index: number; place: Buffer; isHeld: boolean }>>;
  /**
   * Turns of a draw that nobody has are passed over when turns are called. A repeat is harmless. `builder` is whoever
   * rebuilds the sale meanwhile.
   */
  vacateTurns(saleId: string, turns: readonly number[], builder?: string): Promise<void>;
  /** What Postgres has committed about the draw. A repeat is harmless. */
  publishDraw(
    saleId: string,
    draw: { entrantsRoot: string; seed: string | null; drawSeed: string | null; beaconValue: string | null },
  ): Promise<void>;
  /** A sale whose `drawSeed` is published may open from now on. A repeat is harmless. */
  letDrawOpen(saleId: string): Promise<void>;
  notice(saleId: string, text: string): Promise<void>;
  /** paying → confirmed. `not_paying` names what was found instead: nothing was moved. */
  confirm(
    saleId: string,
    confirmations: readonly { reservationId: ReservationId; paymentId: PaymentId }[],
  ): Promise<({ kind: 'confirmed' } | { kind: 'not_paying'; state: ReservationState | null })[]>;
  /** paying → held, or → expired where the deadline has passed meanwhile (units return). */
  returnToHeld(
    saleId: string,
    returns: readonly { reservationId: ReservationId; paymentId: PaymentId }[],
  ): Promise<({ kind: 'held'; deadlineMs: number } | { kind: 'expired' } | { kind: 'not_paying' })[]>;
  /** held → released; whatever is not held stays as it is. */
  release(saleId: string, holds: readonly { reservationId: ReservationId; buyerId: string }[]): Promise<void>;
  /**
   * Sold units back into the sale, once a `returnId`. Call it after the return is committed in Postgres and
   * `committed` has fallen there: offered here earlier, they would meet a guard that refuses to sell them.
   */
  restock(restock: Restock): Promise<RestockAnswer>;
  /** Pins whose lease has lapsed by the sale's clock, oldest first. They stay pinned until somebody decides. */
  lapsedPins(
    saleId: string,
    limit: number,
  ): Promise<{ reservationId: ReservationId; paymentId: PaymentId; buyerId: string; leaseUntilMs: number }[]>;
  /** Gives a pin another lease, because its payment is known to be under way. */
  renewPin(saleId: string, reservationId: ReservationId, paymentId: PaymentId): Promise<void>;
  snapshot(saleId: string): Promise<SaleSnapshot | null>;
  /** The sale as gateways see it, what its draw has revealed included. */
  sale(saleId: string): Promise<LiveSale | null>;
  /** Every sale that Redis knows, finished ones included. */
  saleIds(): Promise<string[]>;
  /** Outbox events after `position` (exclusive; `0-0` is the beginning), in order, and the life of Redis that says so. */
  outbox(saleId: string, position: string, limit: number): Promise<ReadOutbox>;
  /** How many events follow `position`, and when the first of them happened (null: none). */
  outboxLag(saleId: string, position: string): Promise<{ entries: number; oldestAtMs: number | null }>;
  /** Forgets events up to and including `position`: they are committed elsewhere. */
  trimOutbox(saleId: string, position: string): Promise<void>;
  push(push: Push): Promise<void>;
  close(): Promise<void>;
}

export type SaleCommand = 'open' | 'pause' | 'resume' | 'close';

export interface PublishedSale {
  config: SaleConfig;
  epoch: number;
  units: { sku: string; units: number }[];
  /** First lease of indices, `[from, to)`. */
  indices: { from: number; to: number };
}
