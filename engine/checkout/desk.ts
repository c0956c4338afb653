import { type Refusal, refuse } from '../contracts/errors.ts';
import {
  type CheckoutId,
  isIdOf,
  orderIdOf,
  type ReservationId,
  reservationIdOf,
  saleNumberOf,
} from '../contracts/ids.ts';
import { zero } from '../contracts/money.ts';
import type { SigningKeys } from '../contracts/ports.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Checkout } from '../contracts/wire/checkout.ts';
import { tokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import type { reservations } from '../reservation/reservations.ts';
import type { Decision, ReserveRequest } from '../reservation/reserve.ts';
import type { CheckoutDesk, SaleDirectory } from '../surface.ts';
import type { Room } from '../waiting-room/waiting-room.ts';
import { type PayParts, payAtDesk } from './pay.ts';
import { price } from './price.ts';
import { reservationBody, reserveAtDesk, reservedBody } from './reserve.ts';

export interface DeskParts extends Omit<PayParts, 'read' | 'beginPayment' | 'tokens'> {
  sales: SaleDirectory;
  room: Room;
  decide: (request: ReserveRequest) => Promise<Decision>;
  reservations: ReturnType<typeof reservations>;
  signingKeys: SigningKeys | null;
}

/** Composes the stages of a purchase; the only place where one stage meets another. */
export function checkoutDesk(parts: DeskParts): CheckoutDesk {
  const { sales, room, decide } = parts;
  const tokens = tokensOfSale(parts.tokenSecret, parts.signingKeys);
  const pay = payAtDesk({
    ...parts,
    tokens,
    read: parts.reservations.read,
    beginPayment: parts.reservations.beginPayment,
  });

  /** The sale of an id, found by the number that ends it; somebody's invention belongs to none. */
  const saleOf = async (id: ReservationId | CheckoutId): Promise<LiveSale | null> =>
    isIdOf(id.startsWith('chk_') ? 'chk' : 'rsv', id) ? sales.findByNumber(saleNumberOf(id)) : null;

  return {
    reserve: reserveAtDesk(room, decide, tokens),

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

    async checkout(id, buyerId): Promise<{ kind: 'found'; checkout: Checkout } | Refusal> {
      const sale = await saleOf(id);
      const reservationId = reservationIdOf(id);
      const record =
        sale && (await parts.reservations.read({ saleId: sale.config.id, reservationId, buyerId }));
      if (!sale || !record) return refuse('checkout_not_found');
      const { lines, total } = price(sale.config, record.items);
      const { reservation, purchaseToken } = reservedBody(tokens, sale, record);
      return {
        kind: 'found',
        checkout: {
          checkoutId: id,
          purchaseToken,
          reservation,
          items: lines,
          subtotal: total,
          discount: zero(total.currency),
          shipping: zero(total.currency),
          tax: zero(total.currency),
          total,
          priceLockedUntil: reservation.expiresAt,
          expiresAt: reservation.expiresAt,
          availablePaymentMethods: ['card'],
          warnings: ['Without an address, shipping and tax are estimates of zero.'],
        },
      };
    },

    async pay(id, buyerId, idempotencyKey, request) {
      const sale = await saleOf(id);
      return sale ? pay(sale, id, buyerId, idempotencyKey, request) : refuse('checkout_not_found');
    },
  };
}
