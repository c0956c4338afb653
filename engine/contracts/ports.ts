import type { Problem, Refusal } from './errors.ts';
import type { CheckoutId, OrderId, PaymentId, RefundId, ReservationId } from './ids.ts';
import type { Money } from './money.ts';
import type { Page } from './page.ts';
import type { CheckoutDetails, Price } from './quote.ts';
import type { SaleConfig } from './sale.ts';
import type { SaleState } from './states.ts';
import type { Order, OrderRequiresAction } from './wire/checkout.ts';
import type { Audit, CreateSale, PatchSale } from './wire/sales.ts';

export interface OrderLine {
  sku: string;
  title: string;
  quantity: number;
  unitPrice: Money;
  lineTotal: Money;
}

/** One attempt to pay one checkout: all that the first commit needs. */
export interface PaymentIntent extends CheckoutDetails {
  paymentId: PaymentId;
  orderId: OrderId;
  orderNumber: string;
  checkoutId: CheckoutId;
  reservationId: ReservationId;
  saleId: string;
  /** The sale's epoch that the pin was made in; a commit that believes in another one is refused. */
  epoch: number;
  buyerId: string;
  /** Where mail about the order goes; null where the login named no address. */
  buyerEmail: string | null;
  idempotencyKey: string;
  /** The request that begins it, which its final answer names when it is a refusal. */
  requestId: string;
  /** SHA-256 of the canonical request; the same key with another fingerprint is refused. */
  fingerprint: string;
  lines: OrderLine[];
  price: Price;
  /** More than this is not charged without asking; null: whatever was said last. */
  expectedTotal: Money | null;
  paymentMethod: 'card';
  paymentToken: string;
  /** The same card at other providers, by their names. */
  paymentTokens: Readonly<Record<string, string>> | null;
}

/** Where the buyer does their part. */
export type NextAction = OrderRequiresAction['nextAction'];

/** How the first commit ended for one intent of its group. */
export type BeginPaymentOutcome =
  | { kind: 'accepted' }
  /** This key was accepted before and is not final yet; the buyer may have a part to do. */
  | { kind: 'pending'; nextAction?: NextAction }
  /** This key is final: its stored answer. */
  | { kind: 'final'; status: number; body: Record<string, unknown> }
  /**
   * `idempotency_key_reused`, `already_paid`, `payment_abandoned`, `payment_in_progress`, `coupon_used_up`,
   * `price_changed` (the order that is there costs more than was expected), or `unavailable` (stale epoch, guard).
   */
  | Refusal;

/** The durable half as the gateway sees it: implemented by persistence, injected by gateway/main.ts. */
export interface OrderStore {
  /** Commits key, pending order, initiated payment and guard, grouped with its neighbours. One commit. */
  beginPayment(intent: PaymentIntent): Promise<BeginPaymentOutcome>;
  /**
   * The fence before a pin is given up: when the attempt was abandoned, so that nobody commits it any more. `never`:
   * it was committed, and what is stored for its key says how it stands. The first to abandon it keeps what its
   * repeats are told, if that is final.
   */
  abandon(
    attempt: Pick<PaymentIntent, 'paymentId' | 'orderId' | 'saleId' | 'buyerId'>,
    refusal: Problem | null,
  ): Promise<'now' | 'before' | 'never'>;
  /** What an attempt was given up with, or null where that is not kept. */
  refusalOf(
    attempt: Pick<PaymentIntent, 'paymentId' | 'buyerId'>,
  ): Promise<Extract<BeginPaymentOutcome, { kind: 'final' }> | null>;
  /** What is stored for a key, or null. A different fingerprint is `idempotency_key_reused`. */
  storedOutcome(
    buyerId: string,
    operation: string,
    key: string,
    fingerprint: string,
  ): Promise<Exclude<BeginPaymentOutcome, { kind: 'accepted' }> | null>;
  /** The buyer's own order, or null. */
  order(orderId: OrderId, buyerId: string): Promise<Order | null>;
  /** The buyer's own, newest first. `cursor` is the `nextCursor` of the page before; refusal: `invalid_request`. */
  orders(buyerId: string, limit: number, cursor: string | null): Promise<Page<Order> | Refusal>;
}

/** A JSON Web Key of RFC 8037, its public half only. */
export interface PublicJwk {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
  alg: 'EdDSA';
  use: 'sig';
}

/** The keys of public purchase tokens, in this process's memory: nothing here waits but `refresh`. */
export interface SigningKeys {
  /** The key that signs now, as PEM; null before the first look. */
  signer(): { kid: string; privateKeyPem: string } | null;
  /** The public key of that id as PEM, while what it signed may still come back; else null. */
  verifier(kid: string): string | null;
  /** What the world verifies with. */
  published(): PublicJwk[];
  /** Looks for keys, and makes the first one. Whoever asks meanwhile gets the look under way; throws while Postgres is away. */
  refresh(): Promise<void>;
}

/** The operator's hand on the signing keys. */
export interface SigningKeyRotation {
  /**
   * Makes a new key, which signs from `signsFromMs` on; the one before it verifies until the last token
   * that it signed has expired. Until then a repeat changes nothing: two keys live, never three.
   */
  rotate(): Promise<{
    isFresh: boolean;
    current: { kid: string; signsFromMs: number };
    previous: { kid: string; verifiesUntilMs: number } | null;
  }>;
}

/** Wakes the workers; losing a wake-up loses nothing, because the rows are found again. */
export interface PaymentQueue {
  wake(paymentId: PaymentId): void;
}

/** The operator's durable operations on sales: rows first, then Redis. */
export interface SaleStore {
  create(sale: CreateSale): Promise<{ kind: 'created'; config: SaleConfig } | Refusal>;
  /** Whether there is such a sale. */
  has(saleId: string): Promise<boolean>;
  /** Reads Redis and Postgres at that moment. Null where there is no such sale. */
  audit(saleId: string): Promise<Audit | null>;
  /** By hand: `opened` and `closed` are rows before Redis hears of them. */
  command(
    saleId: string,
    command: 'open' | 'pause' | 'resume' | 'close',
  ): Promise<{ kind: 'done'; state: SaleState } | Refusal>;
  /** Changes what may change while the sale lasts: rows first where it gains, Redis first where it loses units. */
  patch(saleId: string, changes: PatchSale): Promise<{ kind: 'done' } | Refusal>;
  /** Invites more buyers to a sale that is by invitation: `added` of them are new, `listed` are so by now. */
  invite(
    saleId: string,
    buyerIds: readonly string[],
  ): Promise<{ kind: 'invited'; added: number; listed: number } | Refusal>;
  /** What the beacon published, once the entrants are fixed. The same value again changes nothing. */
  giveBeacon(saleId: string, value: string): Promise<{ kind: 'done' } | Refusal>;
}

/** What sales there are, whether Redis knows of them at this moment or not. Each throws while Postgres is away. */
export interface SaleRegister {
  /** The id of the sale with that number, or null. */
  idOf(saleNumber: number): Promise<string | null>;
  /** Whether there is such a sale; one that Redis lost is brought back to it, within seconds. */
  seek(saleId: string): Promise<boolean>;
  /** Sales that have not ended, general stock included. */
  liveIds(): Promise<string[]>;
}

/** What was fixed about the entrants of drawn sales. */
export interface DrawStore {
  /** The inclusion proof of an index, from memory: null where it is not there yet, and is being fetched. */
  proofAtHand(saleId: string, index: number): string[] | null;
  /** The same, waiting for Postgres. Null where no such entrant was fixed; throws while Postgres is away. */
  proof(saleId: string, index: number): Promise<string[] | null>;
}

/** What a provider is asked for. `paymentId` is the idempotency key at the provider, too. */
export interface ChargeRequest {
  paymentId: PaymentId;
  amount: Money;
  paymentToken: string;
  /** For the provider's records: the number that the buyer sees. */
  reference: string;
  /** When the provider was first seen to repeat a failure for this payment; null: not yet. */
  keyOverAtMs: number | null;
  /** By `performance.now()`: what might not be answered by then is not sent any more, and is *unavailable*. */
  answerByMs: number;
}

/** Nothing is known about the effect: ask again with the same id. */
export interface Unknown {
  kind: 'unknown';
  reason: string;
}

/** Certain not to have had an effect: nothing was sent, or the provider refused to work. */
export interface ProviderUnavailable {
  kind: 'unavailable';
  reason: string;
}

export type ChargeOutcome =
  | { kind: 'captured'; providerReference: string }
  /** Set aside on the card until `capture` or `void`. */
  | { kind: 'authorized'; providerReference: string }
  /** The buyer has a part to do at `url` (3-D Secure); `find` tells what became of it. */
  | { kind: 'requires_action'; url: string; providerReference: string }
  | { kind: 'declined'; declineCode: string; providerReference: string | null }
  | (Unknown & {
      /** The provider repeats what it failed with, whatever it did before: its list alone knows, and may lag behind. */
      isKeyOver?: true;
    })
  | ProviderUnavailable;

/** A payment as the provider knows it. The reference is null where its answer to the charge never came. */
export interface ProviderPayment {
  paymentId: PaymentId;
  providerReference: string | null;
}

/** `refused` is for good, and nothing was moved: `code` is the provider's. */
export type CaptureOutcome =
  | { kind: 'captured' }
  | { kind: 'refused'; code: string }
  | Unknown
  | ProviderUnavailable;

export type VoidOutcome =
  | { kind: 'voided' }
  | { kind: 'refused'; code: string }
  | Unknown
  | ProviderUnavailable;

/**
 * What is to be given back. `refundId` is the idempotency key at the provider. Once the provider has named the refund
 * it is asked about by that name: a key is forgotten before some refunds are paid back, and would then give back more.
 */
export interface RefundRequest {
  refundId: RefundId;
  paymentId: PaymentId;
  providerReference: string;
  amount: Money;
  /** For the provider's records. */
  reason: string;
}

/** A refund to look for: among those of what was captured, where the provider's name for it is not known. */
export interface ProviderRefund {
  refundId: RefundId;
  providerReference: string;
  providerRefundReference: string | null;
}

export type RefundOutcome =
  | { kind: 'refunded'; providerRefundReference: string }
  /** Taken on and not paid back yet; it may still fail. Ask again. */
  | { kind: 'pending'; providerRefundReference: string }
  /** For good: more than was captured, or captured nothing. `code` is the provider's. */
  | { kind: 'refused'; code: string }
  | ((Unknown | ProviderUnavailable) & {
      /** The provider answered, and about this refund: that says nothing about what else it is asked for. */
      isOfThisAlone?: true;
    });

/** What the provider holds under a payment's id. */
export type FoundPayment =
  | Exclude<ChargeOutcome, Unknown | ProviderUnavailable>
  | { kind: 'voided'; providerReference: string }
  /** Nothing under that id. Certain only where its charge is not on its way any more. */
  | { kind: 'none' }
  | Unknown
  | ProviderUnavailable;

/**
 * A payment provider. Every call is safe to repeat, and has one effect however often it is repeated under
 * its id, as long as the provider remembers that; `find` and `findRefund` know what was done for good. None of them
 * throws for what a provider or a network does.
 */
export interface PaymentProvider {
  readonly name: string;
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  /** Takes what was authorized, all of it. */
  capture(payment: ProviderPayment & { amount: Money; answerByMs: number }): Promise<CaptureOutcome>;
  /** Gives an authorization back, or ends a charge that waits for its buyer. */
  void(payment: ProviderPayment): Promise<VoidOutcome>;
  refund(request: RefundRequest): Promise<RefundOutcome>;
  /** Asks, and moves nothing. */
  find(payment: ProviderPayment): Promise<FoundPayment>;
  /** Asks, and moves nothing. `none`: nothing under that id among the refunds of that payment. */
  findRefund(refund: ProviderRefund): Promise<RefundOutcome | { kind: 'none' }>;
}

/** Whether the parts that a gateway depends on can be reached; each is a short sentence when it cannot. */
export interface Readiness {
  /** Null when all is well, else what is missing. */
  check(): Promise<string | null>;
}
