import { createHash } from 'node:crypto';
import type { AtCrashPoint } from '../contracts/crash-points.ts';
import { derivedKey } from '../contracts/derived-key.ts';
import { type Refusal, refuse } from '../contracts/errors.ts';
import type { Item } from '../contracts/events.ts';
import {
  type CheckoutId,
  orderIdOf,
  orderNumberFor,
  paymentIdFor,
  reservationIdOf,
} from '../contracts/ids.ts';
import { equal } from '../contracts/money.ts';
import type { PayOutcome, ReservationRecord } from '../contracts/outcomes.ts';
import type { BeginPaymentOutcome, OrderStore, PaymentIntent, PaymentQueue } from '../contracts/ports.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Pay } from '../contracts/wire/checkout.ts';
import type { TokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import type { PinAnswer } from '../reservation/reservations.ts';
import { price } from './price.ts';

export interface PayParts {
  tokenSecret: string;
  tokens: TokensOfSale;
  orderStore: OrderStore;
  paymentQueue: PaymentQueue;
  /** Where a drill lets this process die. */
  at: AtCrashPoint;
  read: (of: {
    saleId: string;
    reservationId: PaymentIntent['reservationId'];
    buyerId: string;
  }) => Promise<ReservationRecord | null>;
  beginPayment: (pin: {
    saleId: string;
    epoch: number;
    reservationId: PaymentIntent['reservationId'];
    buyerId: string;
    paymentId: PaymentIntent['paymentId'];
  }) => Promise<PinAnswer>;
  unpin: (
    saleId: string,
    pin: { reservationId: PaymentIntent['reservationId']; paymentId: PaymentIntent['paymentId'] },
  ) => Promise<unknown>;
}

/** Why a pin was not to be had, where no stored outcome of the key says more. */
const pinRefusals = {
  tried: refuse('payment_abandoned', {
    detail: 'This attempt has ended without an outcome; pay again with a new key.',
  }),
  in_progress: refuse('payment_in_progress', { retryAfterSeconds: 1 }),
  ended: refuse('reservation_expired', { detail: 'The hold has ended; its units went to others.' }),
} as const;

/**
 * Pins the hold in Redis, then commits key, pending order, payment and guard in Postgres, then wakes a
 * worker: two locks on the vault, the second before the money. Says *pending* only after the commit.
 */
export function payAtDesk(parts: PayParts) {
  const { at } = parts;
  const paymentKey = derivedKey(parts.tokenSecret, 'payment-id');
  const orderNumberKey = derivedKey(parts.tokenSecret, 'order-number');
  /** Keys whose first exchange is open in this process. Across processes the commit arbitrates. */
  const open = new Set<string>();

  async function pay(
    sale: LiveSale,
    checkoutId: CheckoutId,
    buyerId: string,
    idempotencyKey: string,
    request: Pay,
  ): Promise<PayOutcome> {
    const saleId = sale.config.id;
    const reservationId = reservationIdOf(checkoutId);
    const orderId = orderIdOf(checkoutId);
    const orderNumber = orderNumberFor(orderNumberKey, orderId);
    const fingerprint = fingerprintOf(checkoutId, request);
    const paymentId = paymentIdFor(paymentKey, { checkoutId, buyerId, idempotencyKey, fingerprint });

    const stored = async (): Promise<PayOutcome | null> => {
      const outcome = await parts.orderStore.storedOutcome(buyerId, 'pay', idempotencyKey, fingerprint);
      return outcome && said(outcome, true);
    };
    const said = (
      outcome: Exclude<BeginPaymentOutcome, { kind: 'accepted' }>,
      replayed: boolean,
    ): PayOutcome => {
      if (outcome.kind === 'refused') return outcome;
      if (outcome.kind === 'final') return { ...outcome, replayed };
      const { nextAction } = outcome;
      return {
        kind: 'pending',
        replayed,
        order: nextAction
          ? { orderId, orderNumber, status: 'requires_action', nextAction }
          : { orderId, orderNumber, status: 'pending' },
      };
    };

    if (request.expectedTotal) {
      const reservation = await parts.read({ saleId, reservationId, buyerId });
      if (!reservation) return refuse('checkout_not_found');
      const { total } = price(sale.config, reservation.items);
      if (!equal(total, request.expectedTotal)) {
        return refuse('price_changed', {
          field: 'expectedTotal',
          detail: 'Nothing was charged. Show the new total, and pay again with it.',
          members: { oldTotal: request.expectedTotal, newTotal: total },
        });
      }
    }

    at('pay:before-pin');
    const pin = await parts.beginPayment({
      saleId,
      epoch: sale.snapshot.epoch,
      reservationId,
      buyerId,
      paymentId,
    });
    if (pin.kind === 'not_found') return refuse('checkout_not_found');
    if (pin.kind === 'paid') return (await stored()) ?? refuse('already_paid', { members: { orderId } });
    if (pin.kind !== 'pinned') return (await stored()) ?? pinRefusals[pin.kind];

    at('pay:pinned');
    const outcome = await parts.orderStore.beginPayment(intentOf(sale, pin.items));
    if (outcome.kind === 'accepted') {
      at('pay:begun');
      parts.paymentQueue.wake(paymentId);
      at('pay:woken');
      return { kind: 'pending', replayed: false, order: { orderId, orderNumber, status: 'pending' } };
    }
    // This very attempt was not committed, so nothing will ever settle its pin but us. Where the same attempt
    // may be made again, e.g. in the epoch that has begun meanwhile, its pin waits for it: an attempt that was
    // unpinned is over for good. If nobody comes back, its lease lapses.
    if (outcome.kind === 'refused' && outcome.code !== 'unavailable') {
      await parts.unpin(saleId, { reservationId, paymentId });
    }
    return said(outcome, true);

    function intentOf({ config, snapshot }: LiveSale, items: Item[]): PaymentIntent {
      const { lines, total } = price(config, items);
      return {
        paymentId,
        orderId,
        orderNumber,
        checkoutId,
        reservationId,
        saleId,
        epoch: snapshot.epoch,
        buyerId,
        idempotencyKey,
        fingerprint,
        lines,
        subtotal: total,
        total,
        paymentMethod: request.paymentMethod,
        paymentToken: request.paymentToken,
        paymentTokens: request.paymentTokens ?? null,
      };
    }
  }

  return async (
    sale: LiveSale,
    checkoutId: CheckoutId,
    buyerId: string,
    idempotencyKey: string,
    request: Pay,
  ): Promise<PayOutcome> => {
    const wrongToken = await checkToken(parts.tokens, sale, checkoutId, buyerId, request.purchaseToken);
    if (wrongToken) return wrongToken;
    const exchange = JSON.stringify([buyerId, idempotencyKey]);
    if (open.has(exchange)) return refuse('idempotency_key_in_use', { retryAfterSeconds: 1 });
    open.add(exchange);
    try {
      return await pay(sale, checkoutId, buyerId, idempotencyKey, request);
    } finally {
      open.delete(exchange);
    }
  };
}

/**
 * Refuses a token that is not of this buyer, sale and reservation, or that the sale's keys did not sign.
 *
 * A token of an earlier epoch is honoured: it names a reservation, and what that may still do is decided by
 * the hold as the present epoch knows it, and by the one order that can come of it. A hold that was lost
 * with its epoch is not paid by any token; one that survived is paid by both of its tokens, together once.
 * An epoch that this gateway has not heard of is not judged here: it is behind, or will refuse again.
 */
async function checkToken(
  tokens: TokensOfSale,
  { config, snapshot }: LiveSale,
  checkoutId: CheckoutId,
  buyerId: string,
  token: string | undefined,
): Promise<Refusal | null> {
  if (token === undefined) return null;
  const claims = await tokens(config).verify(token);
  if (claims && claims.sub !== buyerId) return refuse('purchase_token_not_yours');
  if (claims?.rsv !== reservationIdOf(checkoutId) || claims.sale !== config.id) {
    return refuse('purchase_token_invalid', {
      detail: 'The purchase token was altered, or is of another checkout.',
    });
  }
  if (claims.epoch > snapshot.epoch) {
    return refuse('unavailable', {
      detail: 'This gateway has not heard of the epoch of that token yet.',
      retryAfterSeconds: 1,
    });
  }
  return null;
}

/** SHA-256 of what the request asks for, in one canonical form: member order and the token's spelling do not count. */
function fingerprintOf(
  checkoutId: CheckoutId,
  { paymentMethod, paymentToken, paymentTokens, expectedTotal }: Pay,
): string {
  const canonical = [
    checkoutId,
    paymentMethod,
    paymentToken,
    expectedTotal?.amount ?? null,
    expectedTotal?.currency ?? null,
    ...Object.entries(paymentTokens ?? {}).sort(),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
