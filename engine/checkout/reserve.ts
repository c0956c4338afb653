import { type Refusal, refuse } from '../contracts/errors.ts';
import type { Item } from '../contracts/events.ts';
import { checkoutIdOf } from '../contracts/ids.ts';
import type { Money } from '../contracts/money.ts';
import type { ReservationRecord, ReserveOutcome } from '../contracts/outcomes.ts';
import { type LiveSale, namedSale } from '../contracts/sale.ts';
import type { Soon } from '../contracts/soon.ts';
import type { Reservation, Reserve, Reserved } from '../contracts/wire/reservations.ts';
import type { TokensOfSale } from '../purchase-token/tokens-of-sale.ts';
import type { TellBuyerNews } from '../redis/buyer-news.ts';
import type { Decision, ReserveRequest } from '../reservation/reserve.ts';
import { etaSeconds, retryAfterSeconds, touchSeconds } from '../waiting-room/prospects.ts';
import type { Room } from '../waiting-room/waiting-room.ts';
import { itemOf, totalOf } from './price.ts';

let latest = { ms: 0, text: new Date(0).toISOString() };

/** Holds that were decided in one call end at one moment, which is written once. */
function iso(ms: number): string {
  if (ms !== latest.ms) latest = { ms, text: new Date(ms).toISOString() };
  return latest.text;
}

/** A reservation as clients see it. */
export const reservationBody = (record: Omit<ReservationRecord, 'buyerId' | 'turn'>): Reservation => ({
  id: record.id,
  ...namedSale(record.saleId),
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
  const { id, buyerId, items, deadlineMs } = record;
  const { config, snapshot } = sale;
  const total = totalOf(config, items);
  const exp = Math.ceil(deadlineMs / 1000);
  const claims = { sub: buyerId, sale: config.id, rsv: id, items, total, exp, epoch: snapshot.epoch };
  return {
    reservation: reservationBody(record),
    purchaseToken: tokens(config).sign(claims),
    checkoutId: checkoutIdOf(id),
    total,
  };
}

/** What the request says about items that no schema can: each SKU once, and of this sale. */
function checkItems({ config }: LiveSale, { items }: Reserve): Refusal | null {
  for (let at = 0; at < items.length; at += 1) {
    const { sku } = items[at] as Item;
    if (!itemOf(config, sku)) {
      return refuse('sku_not_found', {
        field: `items.${at}.sku`,
        detail: `Sale "${config.id}" has no SKU "${sku}".`,
      });
    }
    if (items.findIndex((item) => item.sku === sku) !== at) {
      return refuse('invalid_request', {
        field: `items.${at}.sku`,
        detail: `"${sku}" is listed twice; add up its quantity in one item.`,
      });
    }
  }
  return null;
}

/**
 * From a ticket to held units and the token that pays them; a fresh hold is told. What is refused without asking Redis
 * is said at once.
 */
export function reserveAtDesk(
  room: Room,
  decide: (request: ReserveRequest) => Promise<Decision>,
  tokens: TokensOfSale,
  tell: TellBuyerNews,
) {
  return (sale: LiveSale, buyerId: string, request: Reserve): Soon<ReserveOutcome> => {
    const wrong = checkItems(sale, request);
    if (wrong) return wrong;
    const admitted = room.admit(sale, buyerId, request.ticket);
    if (admitted.kind === 'refused') return admitted;
    const { turn } = admitted;
    const { items } = request;
    const { config, snapshot } = sale;
    // Asked before anything is decided: units that no token can pay would be held for nobody.
    if (!tokens(config).maySign()) {
      return refuse('unavailable', { detail: 'No key signs purchase tokens yet.', retryAfterSeconds: 2 });
    }
    const { id: saleId, number: saleNumber } = config;
    const asked = { saleId, saleNumber, epoch: snapshot.epoch, buyerId, turn, items };
    return decide(asked).then((decision) => {
      if (decision.kind === 'held') {
        const { id, state, deadlineMs, fresh } = decision;
        const record = { id, saleId, buyerId, state, items, deadlineMs, turn };
        if (fresh) tell({ news: 'held', buyerId, saleId, reservation: record });
        return { kind: 'held', fresh, reserved: reservedBody(tokens, sale, record) };
      }
      if (decision.kind === 'standby') return { ...decision, retryAfterSeconds: touchSeconds(sale) };
      if (decision.kind === 'refused' && decision.code === 'not_your_turn') {
        const eta = etaSeconds(sale, turn, snapshot.serving);
        return { ...decision, retryAfterSeconds: retryAfterSeconds(eta, turn ?? 0) };
      }
      return decision;
    });
  };
}
