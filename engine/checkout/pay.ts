import type { AtCrashPoint } from '../contracts/crash-points.ts';
import { problemOf, type Refusal, refuse } from '../contracts/errors.ts';
import { type CheckoutId, newId } from '../contracts/ids.ts';
import { isDearer, type Money } from '../contracts/money.ts';
import type { PayOutcome } from '../contracts/outcomes.ts';
import type { OrderStore, PaymentIntent, PaymentQueue } from '../contracts/ports.ts';
import { priceChanged, type QuotedCheckout } from '../contracts/quote.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { TokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';
import type { OwnReservation, PinAnswer } from '../reservation/reservations.ts';
import type { PayAttempt } from '../surface.ts';
import { pricedHold } from './checkouts.ts';
import type { HoldPrice, HoldPricing, PricedHold } from './hold-price.ts';
import { attemptNames, keptOutcome, outcomeSaid } from './kept-outcome.ts';
import { checkToken } from './payment-request.ts';

export interface PayParts {
  tokenSecret: string;
  tokens: TokensOfSale;
  orderStore: OrderStore;
  paymentQueue: PaymentQueue;
  /** The sale of a checkout, or null. */
  saleOf: (id: CheckoutId) => Promise<LiveSale | null>;
  pricing: HoldPricing;
  /** Lets a hold that is held name another price, or says why not. */
  say: (hold: PricedHold, quote: QuotedCheckout) => Promise<Refusal | null>;
  /** Where a drill lets this process die. */
  at: AtCrashPoint;
  read: (of: {
    saleId: string;
    reservationId: PaymentIntent['reservationId'];
    buyerId: string;
  }) => Promise<OwnReservation | null>;
  beginPayment: (pin: {
    saleId: string;
    epoch: number;
    reservationId: PaymentIntent['reservationId'];
    buyerId: string;
    paymentId: PaymentIntent['paymentId'];
  }) => Promise<PinAnswer>;
  /** Gives back what is held. */
  release: (of: {
    saleId: string;
    reservationId: PaymentIntent['reservationId'];
    buyerId: string;
  }) => Promise<unknown>;
  /** Of an attempt that is abandoned, and of no other. */
  unpin: (pin: {
    saleId: string;
    reservationId: PaymentIntent['reservationId'];
    buyerId: string;
    paymentId: PaymentIntent['paymentId'];
  }) => Promise<unknown>;
}

/** Why a pin was not to be had, where no stored outcome of the key says more. */
const pinRefusals = {
  tried: refuse('payment_abandoned', {
    detail: 'This attempt has ended without an outcome; pay again with a new key.',
  }),
  in_progress: refuse('payment_in_progress', { retryAfterSeconds: 1 }),
  ended: refuse('reservation_expired', { detail: 'The hold has ended; its units went to others.' }),
} as const;

/** Who shows a token agrees to what it says; what was said last may be less. */
const lesser = (said: Money, tokenTotal: Money | null): Money =>
  tokenTotal !== null && isDearer(said, tokenTotal) ? tokenTotal : said;

/**
 * Pins the hold in Redis, then commits key, pending order, payment and guard in Postgres, then wakes a
 * worker: two locks on the vault, the second before the money. Says *pending* only after the commit.
 */
export function payAtDesk(parts: PayParts) {
  const { at, orderStore } = parts;
  const namesOf = attemptNames(parts.tokenSecret);
  /** Keys whose first exchange is open in this process. Across processes the commit arbitrates. */
  const open = new Set<string>();

  async function pay(sale: LiveSale, attempt: PayAttempt, tokenTotal: Money | null): Promise<PayOutcome> {
    const { checkoutId, buyerId, idempotencyKey, request, email = null, requestId = newId('req') } = attempt;
    const saleId = sale.config.id;
    // Another one may begin while this is under way: what was pinned in one epoch is not committed in the next.
    const { epoch } = sale.snapshot;
    const names = namesOf(attempt);
    const { reservationId, orderId, orderNumber, paymentId } = names;
    const stored = () => keptOutcome(orderStore, attempt, names);

    const { expectedTotal } = request;
    // Before the pin: an attempt that was pinned is not made again under its key.
    const shown = expectedTotal ?? tokenTotal;
    if (shown) {
      const reservation = await parts.read({ saleId, reservationId, buyerId });
      if (!reservation) return refuse('checkout_not_found');
      const found = await parts.pricing.current(pricedHold(sale, reservation));
      if ('kind' in found) return (await stored()) ?? found;
      const { total } = found.now.price;
      if (isDearer(total, shown)) {
        const field = expectedTotal ? 'expectedTotal' : 'purchaseToken';
        return (await stored()) ?? { ...priceChanged(shown, total), field };
      }
    }

    at('pay:before-pin');
    const pin = await parts.beginPayment({
      saleId,
      epoch,
      reservationId,
      buyerId,
      paymentId,
    });
    if (pin.kind === 'not_found') return refuse('checkout_not_found');
    if (pin.kind === 'paid') return (await stored()) ?? refuse('already_paid', { members: { orderId } });
    if (pin.kind !== 'pinned') return (await stored()) ?? pinRefusals[pin.kind];

    at('pay:pinned');
    const { items, deadlineMs, quoteId } = pin;
    const hold = { sale, reservationId, buyerId, items, deadlineMs, quoteId };
    const found = await parts.pricing.current(hold);
    if ('kind' in found) return giveUp(found);
    const agreed = expectedTotal ?? lesser(found.before.price.total, tokenTotal);
    if (isDearer(found.now.price.total, agreed)) return askAgain(agreed, found.now);
    let outcome = await orderStore.beginPayment(intentOf(found.now));
    if (outcome.kind === 'refused' && outcome.code === 'coupon_used_up') {
      const without = await parts.pricing.withoutCoupon(hold, found.now);
      if ('kind' in without) return giveUp(without);
      if (isDearer(without.price.total, agreed)) {
        return askAgain(agreed, without, `Coupon ${found.now.couponCode} is used up. `);
      }
      outcome = await orderStore.beginPayment(intentOf(without));
    }
    if (outcome.kind === 'accepted') {
      at('pay:begun');
      parts.paymentQueue.wake(paymentId);
      at('pay:woken');
      return { kind: 'pending', replayed: false, order: { orderId, orderNumber, status: 'pending' } };
    }
    // This very attempt was not committed, so nothing will ever settle its pin but us. Where the same attempt
    // may be made again, e.g. in the epoch that has begun meanwhile, its pin waits for it: an attempt that was
    // unpinned is over for good. If nobody comes back, its lease lapses.
    if (outcome.kind === 'refused' && outcome.code !== 'unavailable') return giveUp(outcome);
    return outcomeSaid(names, outcome);

    /**
     * Whoever else has this attempt, by a repeat of its key at another gateway, may commit it at any moment, and
     * may have done so: Postgres decides, as it does when a lease lapses, and only an abandoned attempt is unpinned.
     */
    async function giveUp(refusal: Refusal): Promise<PayOutcome> {
      const problem = problemOf(refusal, requestId);
      const attempt = { paymentId, orderId, saleId, buyerId };
      const given = await orderStore.abandon(attempt, problem.retryable ? null : problem);
      if (given !== 'never') {
        await parts.unpin({ saleId, reservationId, buyerId, paymentId });
        // Whoever cancelled its order meanwhile could not release what was pinned, and nobody can pay it any more.
        if (refusal.code === 'reservation_expired') await parts.release({ saleId, reservationId, buyerId });
      }
      return given === 'now' ? refusal : ((await stored()) ?? refusal);
    }

    /** What has become dearer is the buyer's to decide, and what is said from then on. */
    async function askAgain(
      agreed: Money,
      now: HoldPrice | QuotedCheckout,
      reason?: string,
    ): Promise<PayOutcome> {
      const refusal = priceChanged(agreed, now.price.total, reason);
      const outcome = await giveUp(refusal);
      if (outcome === refusal && 'quoteId' in now && now.quoteId !== quoteId) await parts.say(hold, now);
      return outcome;
    }

    function intentOf(priced: HoldPrice): PaymentIntent {
      const { lines, price, couponCode, shippingAddress, billingAddress } = priced;
      return {
        ...names,
        checkoutId,
        saleId,
        epoch,
        buyerId,
        buyerEmail: email,
        idempotencyKey,
        requestId,
        lines,
        price,
        expectedTotal: shown,
        couponCode,
        shippingAddress,
        billingAddress,
        paymentMethod: request.paymentMethod,
        paymentToken: request.paymentToken,
        paymentTokens: request.paymentTokens ?? null,
      };
    }
  }

  async function openExchange(attempt: PayAttempt): Promise<PayOutcome> {
    const { checkoutId, buyerId, idempotencyKey, request } = attempt;
    const sale = await parts.saleOf(checkoutId);
    if (!sale) return refuse('checkout_not_found');
    const token = await checkToken(parts.tokens, sale, checkoutId, buyerId, request.purchaseToken);
    if (token.kind === 'refused') return token;
    const exchange = JSON.stringify([buyerId, idempotencyKey]);
    if (open.has(exchange)) return refuse('idempotency_key_in_use', { retryAfterSeconds: 1 });
    open.add(exchange);
    try {
      return await pay(sale, attempt, token.total);
    } finally {
      open.delete(exchange);
    }
  }

  return async (attempt: PayAttempt): Promise<PayOutcome> => {
    try {
      return await openExchange(attempt);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      // What was answered before is durable, and no concern of Redis.
      const kept = await keptOutcome(orderStore, attempt, namesOf(attempt));
      if (kept) return kept;
      throw error;
    }
  };
}
