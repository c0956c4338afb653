import { type Refusal, refuse } from '../contracts/errors.ts';
import { type CheckoutId, checkoutIdOf, newId, orderIdOf, type ReservationId } from '../contracts/ids.ts';
import type { QuotedCheckout, QuoteStore } from '../contracts/quote.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Checkout, PatchCheckout } from '../contracts/wire/checkout.ts';
import type { TokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import type { OwnReservation, reservations } from '../reservation/reservations.ts';
import { type HoldPrice, type HoldPricing, isLocked, type PricedHold } from './hold-price.ts';
import { purchaseToken, reservationBody } from './reserve.ts';

export interface CheckoutParts {
  /** The buyer's own reservation and its sale, or null. */
  own(id: CheckoutId, buyerId: string): Promise<{ sale: LiveSale; reservation: OwnReservation } | null>;
  reservations: Pick<ReturnType<typeof reservations>, 'reprice'>;
  quotes: Pick<QuoteStore, 'keep'>;
  pricing: HoldPricing;
  tokens: TokensOfSale;
}

export type Found = { kind: 'found'; checkout: Checkout };

/** A reservation as what is to be paid for. */
export const pricedHold = (sale: LiveSale, reservation: OwnReservation): PricedHold => ({
  sale,
  reservationId: reservation.id,
  buyerId: reservation.buyerId,
  items: reservation.items,
  quoteId: reservation.quoteId,
  deadlineMs: reservation.deadlineMs,
});

/**
 * What is to be paid, and what of it the buyer may change until then. Whether it was ordered is asked of Postgres,
 * where orders are: Redis may have lost that an attempt was made, and never hears of one that was made slowly.
 */
export function checkouts({ own, reservations, quotes, pricing, tokens }: CheckoutParts) {
  function bodyOf(sale: LiveSale, reservation: OwnReservation, said: HoldPrice): Found {
    const { lines, price, warnings, couponCode, shippingAddress, billingAddress } = said;
    const body = reservationBody(reservation);
    return {
      kind: 'found',
      checkout: {
        checkoutId: checkoutIdOf(reservation.id),
        purchaseToken: purchaseToken(tokens, sale, reservation, price.total),
        reservation: body,
        items: lines,
        ...price,
        couponCode,
        shippingAddress,
        billingAddress,
        // Beyond the hold there is nothing to be locked.
        priceLockedUntil: new Date(Math.min(said.lockedUntilMs, reservation.deadlineMs)).toISOString(),
        expiresAt: body.expiresAt,
        availablePaymentMethods: ['card'],
        warnings,
      },
    };
  }

  /**
   * Commits the quote, then lets the hold name it: whoever pins it from then on is charged that, unless it was ordered
   * before.
   */
  async function say(hold: PricedHold, quote: QuotedCheckout): Promise<Refusal | null> {
    await quotes.keep(quote);
    const { reservationId, buyerId } = hold;
    const saleId = hold.sale.config.id;
    const answer = await reservations.reprice({ saleId, reservationId, buyerId, quoteId: quote.quoteId });
    switch (answer.kind) {
      case 'priced': {
        const ordered = await pricing.ordered(hold);
        if (!ordered) return null;
        // An order keeps its price, so its hold names that again: else whoever pays it is asked to agree to another.
        const own = { ...quote, ...ordered, quoteId: newId('qte'), replaces: quote.quoteId };
        await quotes.keep(own);
        await reservations.reprice({ saleId, reservationId, buyerId, quoteId: own.quoteId });
        return orderIsPlaced(hold);
      }
      case 'not_found':
        return refuse('checkout_not_found');
      default:
        return refusalOf[answer.kind](reservationId);
    }
  }

  /** Says the price anew: with changes, or because what was said before holds no longer. */
  async function sayAnew(
    sale: LiveSale,
    reservation: OwnReservation,
    changes: PatchCheckout,
  ): Promise<Found | Refusal> {
    const hold = pricedHold(sale, reservation);
    const before = await pricing.said(hold);
    if (!before) return refuse('reservation_expired');
    const { couponCode, shippingAddress, billingAddress } = before;
    const details = { couponCode, shippingAddress, billingAddress, ...changes };
    const quote = await pricing.anew(hold, before.lines, details, Boolean(changes.couponCode));
    if ('kind' in quote) return quote;
    return (await say(hold, quote)) ?? bodyOf(sale, reservation, quote);
  }

  return {
    async checkout(id: CheckoutId, buyerId: string): Promise<Found | Refusal> {
      const found = await own(id, buyerId);
      if (!found) return refuse('checkout_not_found');
      const { sale, reservation } = found;
      const hold = pricedHold(sale, reservation);
      const ordered = await pricing.ordered(hold);
      if (ordered) return bodyOf(sale, reservation, ordered);
      const said = await pricing.said(hold);
      if (!said) return refuse('checkout_not_found', { detail: 'It has ended long ago.' });
      if (isLocked(hold, said) || reservation.state !== 'held') return bodyOf(sale, reservation, said);
      return sayAnew(sale, reservation, {});
    },

    async reprice(id: CheckoutId, buyerId: string, changes: PatchCheckout): Promise<Found | Refusal> {
      const found = await own(id, buyerId);
      if (!found) return refuse('checkout_not_found');
      const { sale, reservation } = found;
      const ended = endedRefusal(reservation);
      if (ended) return ended;
      const hold = pricedHold(sale, reservation);
      if (await pricing.ordered(hold)) return orderIsPlaced(hold);
      return sayAnew(sale, reservation, changes);
    },

    say,

    body: bodyOf,
  };
}

/** Why the price of a hold that is none any more stays as it is. */
const refusalOf = {
  paying: () => refuse('payment_in_progress', { retryAfterSeconds: 1 }),
  paid: (id: ReservationId) => refuse('already_paid', { members: { orderId: orderIdOf(id) } }),
  ended: () => refuse('reservation_expired'),
};

function endedRefusal({ id, state }: OwnReservation): Refusal | null {
  if (state === 'held') return null;
  return refusalOf[state === 'paying' ? 'paying' : state === 'confirmed' ? 'paid' : 'ended'](id);
}

const orderIsPlaced = ({ reservationId }: PricedHold): Refusal =>
  refuse('invalid_transition', {
    detail: 'An order was placed with this price; where it is sent can be changed at the order.',
    members: { orderId: orderIdOf(reservationId) },
  });
