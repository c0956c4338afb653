import { refuse } from '../contracts/errors.ts';
import {
  type CheckoutId,
  isIdOf,
  orderIdOf,
  type ReservationId,
  reservationIdOf,
  saleNumberOf,
} from '../contracts/ids.ts';
import type { SigningKeys } from '../contracts/ports.ts';
import type { QuoteStore } from '../contracts/quote.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Calculators } from '../pricing/quote.ts';
import { tokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import type { TellBuyerNews } from '../redis/buyer-news.ts';
import type { Initiated, InitiateRequest, Seen } from '../reservation/initiate.ts';
import type { reservations } from '../reservation/reservations.ts';
import type { Decision, ReserveRequest } from '../reservation/reserve.ts';
import type { CheckoutDesk, SaleDirectory } from '../surface.ts';
import type { Room } from '../waiting-room/waiting-room.ts';
import { checkouts } from './checkouts.ts';
import { holdPricing } from './hold-price.ts';
import { initiateAtDesk } from './initiate.ts';
import { type PayParts, payAtDesk } from './pay.ts';
import { reservationBody, reserveAtDesk, reservedBody } from './reserve.ts';

export interface DeskParts
  extends Pick<PayParts, 'tokenSecret' | 'orderStore' | 'paymentQueue' | 'at' | 'unpin'> {
  sales: SaleDirectory;
  room: Room;
  decide: (request: ReserveRequest) => Promise<Decision>;
  latest: (of: { saleId: string; buyerId: string }) => Promise<Seen>;
  tell: TellBuyerNews;
  initiate: (request: InitiateRequest) => Promise<Initiated>;
  reservations: ReturnType<typeof reservations>;
  signingKeys: SigningKeys | null;
  quotes: QuoteStore;
  calculators: Calculators;
}

/** Composes the stages of a purchase; the only place where one stage meets another. */
export function checkoutDesk(parts: DeskParts): CheckoutDesk {
  const { sales, room, decide, tell } = parts;
  const tokens = tokensOfSale(parts.tokenSecret, parts.signingKeys);
  /** The sale of an id, found by the number that ends it; somebody's invention belongs to none. */
  const saleOf = async (id: ReservationId | CheckoutId): Promise<LiveSale | null> =>
    isIdOf(id.startsWith('chk_') ? 'chk' : 'rsv', id) ? sales.findByNumber(saleNumberOf(id)) : null;

  const pricing = holdPricing(parts);
  const checkout = checkouts({
    ...parts,
    pricing,
    tokens,
    async own(id, buyerId) {
      const sale = await saleOf(id);
      const reservationId = reservationIdOf(id);
      const reservation =
        sale && (await parts.reservations.read({ saleId: sale.config.id, reservationId, buyerId }));
      return sale && reservation && { sale, reservation };
    },
  });
  const pay = payAtDesk({
    ...parts,
    saleOf,
    tokens,
    pricing,
    say: checkout.say,
    read: parts.reservations.read,
    beginPayment: parts.reservations.beginPayment,
    release: parts.reservations.release,
  });

  return {
    reserve: reserveAtDesk(room, decide, tokens, tell),

    reservedBody: (sale, reservation) => reservedBody(tokens, sale, reservation),

    async reservation(id, buyerId) {
      const sale = await saleOf(id);
      const record =
        sale && (await parts.reservations.read({ saleId: sale.config.id, reservationId: id, buyerId }));
      if (!record) return refuse('reservation_not_found');
      return { kind: 'found', reservation: reservationBody(record) };
    },

    async release(id, buyerId) {
      const sale = await saleOf(id);
      if (!sale) return refuse('reservation_not_found');
      const answer = await parts.reservations.release({ saleId: sale.config.id, reservationId: id, buyerId });
      switch (answer) {
        case 'released':
          return { kind: 'released' };
        case 'not_found':
          return refuse('reservation_not_found');
        case 'paying':
          return refuse('payment_in_progress', { retryAfterSeconds: 1 });
        case 'confirmed':
          return refuse('already_paid', {
            detail: 'This reservation became an order; cancel the order instead.',
            members: { orderId: orderIdOf(id) },
          });
        case 'expired':
          return refuse('reservation_expired');
      }
    },

    async extend(id, buyerId, requestId) {
      const sale = await saleOf(id);
      if (!sale) return refuse('reservation_not_found');
      const saleId = sale.config.id;
      const answer = await parts.reservations.extend({ saleId, reservationId: id, buyerId, requestId });
      switch (answer.kind) {
        case 'extended': {
          const { items, deadlineMs } = answer;
          const record = { id, saleId, buyerId, state: 'held' as const, items, deadlineMs };
          return { kind: 'extended', reserved: reservedBody(tokens, sale, record) };
        }
        case 'not_found':
          return refuse('reservation_not_found');
        case 'not_allowed':
          return refuse('extension_not_allowed', {
            detail:
              sale.config.extendMs === 0
                ? 'This sale extends no holds.'
                : 'A hold is extended once, and this one was.',
          });
        case 'paying':
          return refuse('payment_in_progress', { retryAfterSeconds: 1 });
        case 'paid':
          return refuse('already_paid', { members: { orderId: orderIdOf(id) } });
        case 'ended':
          return refuse('reservation_expired');
      }
    },

    initiate: initiateAtDesk({ ...parts, pricing, checkout }),

    checkout: checkout.checkout,

    reprice: checkout.reprice,

    pay,
  };
}
