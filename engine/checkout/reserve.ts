import { type Refusal, refuse } from '../contracts/errors.ts';
import { checkoutIdOf } from '../contracts/ids.ts';
import type { Money } from '../contracts/money.ts';
import type { ReservationRecord, ReserveOutcome } from '../contracts/outcomes.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Reservation, Reserve, Reserved } from '../contracts/wire/reservations.ts';
import type { TokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import type { Decision, ReserveRequest } from '../reservation/reserve.ts';
import { etaSeconds, retryAfterSeconds } from '../waiting-room/prospects.ts';
import type { Room } from '../waiting-room/waiting-room.ts';
import { price } from './price.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** A reservation as clients see it. */
export const reservationBody = (record: Omit<ReservationRecord, 'buyerId' | 'turn'>): Reservation => ({
  id: record.id,
  saleId: record.saleId,
  state: record.state,
  items: record.items,
  expiresAt: iso(record.deadlineMs),
});

/** What pays a reservation, once, for its buyer. */
export const purchaseToken = (
  tokens: TokensOfSale,
  { config, snapshot }: LiveSale,
  record: Omit<ReservationRecord, 'turn'>,
  total: Money,
): string =>
  tokens(config).sign({
    sub: record.buyerId,
    sale: config.id,
    rsv: record.id,
    items: record.items,
    total,
    exp: Math.ceil(record.deadlineMs / 1000),
    epoch: snapshot.epoch,
  });

/** The 201 body: the reservation, the token that pays it, its checkout, its locked total. */
export function reservedBody(
  tokens: TokensOfSale,
  sale: LiveSale,
  record: Omit<ReservationRecord, 'turn'>,
): Reserved {
  const { total } = price(sale.config, record.items);
  return {
    reservation: reservationBody(record),
    purchaseToken: purchaseToken(tokens, sale, record, total),
    checkoutId: checkoutIdOf(record.id),
    total,
  };
}

/** What the request says about items that no schema can: each SKU once, and of this sale. */
function checkItems(sale: LiveSale, { items }: Reserve): Refusal | null {
  for (const [i, { sku }] of items.entries()) {
    if (!sale.config.items.some((item) => item.sku === sku)) {
      return refuse('sku_not_found', {
        field: `items.${i}.sku`,
        detail: `Sale "${sale.config.id}" has no SKU "${sku}".`,
      });
    }
    if (items.findIndex((item) => item.sku === sku) !== i) {
      return refuse('invalid_request', {
        field: `items.${i}.sku`,
        detail: `"${sku}" is listed twice; add up its quantity in one item.`,
      });
    }
  }
  return null;
}

/** From a ticket to held units and the token that pays them. */
export function reserveAtDesk(
  room: Room,
  decide: (request: ReserveRequest) => Promise<Decision>,
  tokens: TokensOfSale,
) {
  return async (sale: LiveSale, buyerId: string, request: Reserve): Promise<ReserveOutcome> => {
    const wrong = checkItems(sale, request);
    if (wrong) return wrong;
    const admitted = room.admit(sale, buyerId, request.ticket);
    if (admitted.kind === 'refused') return admitted;
    const { config, snapshot } = sale;
    // Asked before anything is decided: units that no token can pay would be held for nobody.
    if (!tokens(config).maySign()) {
      return refuse('unavailable', { detail: 'No key signs purchase tokens yet.', retryAfterSeconds: 2 });
    }
    const decision = await decide({
      saleId: config.id,
      saleNumber: config.number,
      epoch: snapshot.epoch,
      buyerId,
      turn: admitted.turn,
      items: request.items,
    });
    if (decision.kind === 'held') {
      const { id, state, deadlineMs, fresh } = decision;
      const record = { id, saleId: config.id, buyerId, state, items: request.items, deadlineMs };
      return { kind: 'held', fresh, reserved: reservedBody(tokens, sale, record) };
    }
    if (decision.kind === 'refused' && decision.code === 'not_your_turn') {
      const eta = etaSeconds(sale, admitted.turn, snapshot.serving);
      return { ...decision, retryAfterSeconds: retryAfterSeconds(eta, admitted.turn ?? 0) };
    }
    return decision;
  };
}
