import { isDeepStrictEqual } from 'node:util';
import type { CartAtDesk, CartLine } from '../contracts/carts.ts';
import { type Refusal, refuse } from '../contracts/errors.ts';
import { canonicalItems } from '../contracts/events.ts';
import { checkoutIdOf, newReservationId, orderIdOf, type ReservationId } from '../contracts/ids.ts';
import type { CheckoutDetails, QuoteStore } from '../contracts/quote.ts';
import { generalStockId, type SaleConfig } from '../contracts/sale.ts';
import type { PatchCheckout } from '../contracts/wire/checkout.ts';
import type { Initiated, InitiateRequest, Seen } from '../reservation/initiate.ts';
import type { SaleDirectory } from '../surface.ts';
import type { checkouts, Found } from './checkouts.ts';
import type { HoldPricing } from './hold-price.ts';
import { itemOf, price } from './price.ts';

export interface InitiateParts {
  sales: Pick<SaleDirectory, 'find'>;
  latest: (of: { saleId: string; buyerId: string }) => Promise<Seen>;
  initiate: (request: InitiateRequest) => Promise<Initiated>;
  quotes: Pick<QuoteStore, 'keep'>;
  pricing: Pick<HoldPricing, 'anew'>;
  checkout: Pick<ReturnType<typeof checkouts>, 'body' | 'checkout' | 'reprice'>;
}

/**
 * The price is said before the hold is made, whose deadline is not known by then: it is locked for as long as that
 * can be, and a minute for all that this gateway has not heard of the sale's clock yet.
 */
const lockMarginMs = 60_000;

/**
 * From a cart to a checkout that can be paid. The price is committed first, and what the order takes out of the cart;
 * then one call holds the units at that price. So nothing is ever held without a price, and whoever dies in between
 * has left rows that nobody asks for.
 *
 * A cart and the units are in two stores, and what a payment buys leaves the one before the other hears of it. So the
 * buyer's latest reservation is looked at before the cart is read, and the hold refuses where it is another one by
 * then, or was bought: the cart is read again. Each round follows a checkout or a payment of the same buyer.
 */
export function initiateAtDesk({ sales, latest, initiate, quotes, pricing, checkout }: InitiateParts) {
  /** The hold of the same cart that is there already: as it was said, and with what is said anew. */
  async function present(
    id: ReservationId,
    buyerId: string,
    details: PatchCheckout,
  ): Promise<Found | Refusal> {
    const checkoutId = checkoutIdOf(id);
    const found = await checkout.checkout(checkoutId, buyerId);
    if (found.kind === 'refused') return found;
    const said: CheckoutDetails = found.checkout;
    return isDeepStrictEqual({ ...said, ...details }, said)
      ? found
      : checkout.reprice(checkoutId, buyerId, details);
  }

  /** One round: a cart that was read after `seen`. Answers what is seen by now where that is something else. */
  async function round(
    buyerId: string,
    cart: CartAtDesk,
    details: PatchCheckout,
    seen: Seen,
  ): Promise<Found | Refusal | Extract<Initiated, { kind: 'outdated' }>> {
    const sale = await sales.find(generalStockId);
    if (!sale)
      return refuse('unavailable', { detail: 'There is no general stock yet.', retryAfterSeconds: 1 });
    const { config, snapshot } = sale;
    const changes = changesOf(config, cart.lines);
    if ('kind' in changes) return changes;

    const saleId = config.id;
    const reservationId = newReservationId(config.number);
    const items = canonicalItems(cart.lines.map(({ sku, quantity }) => ({ sku, quantity })));
    const lockedUntilMs = snapshot.nowMs + config.holdMs + lockMarginMs;
    const hold = { sale, reservationId, buyerId, items, quoteId: null, deadlineMs: lockedUntilMs };
    const all = { couponCode: null, shippingAddress: null, billingAddress: null, ...details };
    const priced = await pricing.anew(hold, price(config, items).lines, all, true);
    if ('kind' in priced) return priced;
    const quote = { ...priced, warnings: [...changes, ...priced.warnings] };
    const { quoteId } = quote;
    await Promise.all([quotes.keep(quote), cart.checkOut(orderIdOf(reservationId))]);

    const answer = await initiate({
      saleId,
      epoch: snapshot.epoch,
      reservationId,
      buyerId,
      items,
      quoteId,
      seen,
    });
    switch (answer.kind) {
      case 'held': {
        const { deadlineMs } = answer;
        const of = { id: reservationId, saleId, buyerId, state: 'held' as const, items, deadlineMs };
        return checkout.body(sale, { ...of, turn: null, quoteId }, quote);
      }
      case 'again':
        return present(answer.id, buyerId, details);
      case 'paying':
        return refuse('payment_in_progress', {
          detail: 'What you checked out before is being paid; check out again once its outcome is known.',
          members: { orderId: orderIdOf(answer.id) },
          retryAfterSeconds: 1,
        });
      case 'short':
        return refuse('insufficient_stock', {
          detail:
            answer.units === 0
              ? `${answer.sku} is not available now.`
              : `Only ${answer.units} of ${answer.sku} are available.`,
          members: { sku: answer.sku, available: answer.units },
        });
      case 'unknown_sku':
        return notSold(answer.sku);
      case 'not_open':
        return refuse('unavailable', { detail: 'General stock is not open yet.', retryAfterSeconds: 1 });
      case 'outdated':
        return answer;
    }
  }

  return async (
    buyerId: string,
    readCart: () => Promise<CartAtDesk | Refusal>,
    details: PatchCheckout,
  ): Promise<Found | Refusal> => {
    let seen = await latest({ saleId: generalStockId, buyerId });
    for (;;) {
      const cart = await readCart();
      if ('kind' in cart) return cart;
      const outcome = await round(buyerId, cart, details, seen);
      if (outcome.kind !== 'outdated') return outcome;
      seen = outcome.seen;
    }
  };
}

const notSold = (sku: string): Refusal =>
  refuse('sku_not_found', {
    detail: `${sku} is not sold any more; take it out of the cart.`,
    members: { sku },
  });

/** What costs otherwise than when it was put into the cart, as sentences for the shopper; or what is not to be had. */
function changesOf(config: SaleConfig, lines: readonly CartLine[]): string[] | Refusal {
  const changes: string[] = [];
  for (const { sku, unitPrice } of lines) {
    const sold = itemOf(config, sku);
    // A cart has one currency; in another one it is another offer.
    if (sold?.price.currency !== unitPrice.currency) return notSold(sku);
    const { amount } = sold.price;
    if (amount === unitPrice.amount) continue;
    changes.push(
      `${sku} costs ${amount > unitPrice.amount ? 'more' : 'less'} than when it was put into the cart.`,
    );
  }
  return changes;
}
