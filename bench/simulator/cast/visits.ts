import { decodeItems } from '../../../engine/contracts/events.ts';
import type { CheckoutId, OrderId, ReservationId } from '../../../engine/contracts/ids.ts';
import type { LiveSale } from '../../../engine/contracts/sale.ts';
import type { OrderConfirmed } from '../../../engine/contracts/wire/checkout.ts';
import type { Reserved } from '../../../engine/contracts/wire/reservations.ts';
import type { Words } from '../checks/words.ts';
import type { Visit } from '../schedule/decision.ts';
import type { Buyer } from './buyer.ts';
import type { Gateway } from './programs.ts';
import { saleId } from './setup.ts';

export interface VisitParts {
  gateway: Gateway;
  buyer: Buyer;
  words: Words;
  /** Names what this visit asks for, should it be asked again. */
  key: string;
}

/** Runs a visit and answers what came of it, in a word or two. Null: the buyer has nothing to do that about. */
export function visitOf(visit: Visit, parts: VisitParts): (() => Promise<string>) | null {
  const { buyer } = parts;
  switch (visit.does) {
    case 'join':
      return () => withSale(parts, (sale) => join(parts, sale));
    case 'look':
      return buyer.ticket === null ? null : () => withSale(parts, (sale) => look(parts, sale));
    case 'leave':
      return buyer.ticket === null ? null : () => withSale(parts, (sale) => leave(parts, sale));
    case 'reserve':
      return () => withSale(parts, (sale) => reserve(parts, sale, visit.items));
    case 'release':
      return buyer.hold && (() => release(parts, buyer.hold?.reservationId as ReservationId));
    case 'extend':
      return extend(parts, visit.again);
    case 'pay':
      return pay(parts, visit);
    case 'cancel':
      return cancel(parts, visit.again);
    case 'return':
      return buyer.orderId && (() => giveBack(parts, buyer.orderId as OrderId));
    case 'read orders':
      return () => readOrders(parts);
    case 'give address':
      return buyer.orderId && (() => giveAddress(parts, buyer.orderId as OrderId));
  }
}

async function withSale({ gateway }: VisitParts, does: (sale: LiveSale) => Promise<string>): Promise<string> {
  const sale = await gateway.engine.sales.find(saleId);
  return sale ? does(sale) : 'no such sale';
}

async function join({ gateway, buyer, words }: VisitParts, sale: LiveSale): Promise<string> {
  const shown = buyer.ticket;
  const outcome = await gateway.engine.waitingRoom.join(sale, buyer.id, shown ? { ticket: shown } : {});
  if (outcome.kind === 'refused') return outcome.code;
  const { index, ticket } = outcome.ticket;
  // A draw that was fixed without them takes no ticket instead.
  const isBound = shown !== null && !buyer.hasAskedToLeave && sale.config.method === 'fifo';
  words.say({ says: 'place', buyer: buyer.id, index, shown: isBound ? indexOf(shown) : null });
  buyer.ticket = ticket;
  return outcome.kind;
}

async function look({ gateway, buyer, words }: VisitParts, sale: LiveSale): Promise<string> {
  const outcome = await gateway.engine.waitingRoom.status(sale, buyer.id);
  if (outcome.kind === 'refused') return outcome.code;
  const { status } = outcome;
  words.say({ says: 'place', buyer: buyer.id, index: status.index, shown: null });
  if (status.reservation) remember(buyer, status.reservation);
  return status.state;
}

async function leave({ gateway, buyer }: VisitParts, sale: LiveSale): Promise<string> {
  buyer.hasAskedToLeave = true;
  buyer.ticket = null;
  const outcome = await gateway.engine.waitingRoom.leave(sale, buyer.id);
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

/** The index that a ticket says without its signature. */
const indexOf = (ticket: string): number =>
  JSON.parse(Buffer.from(ticket.split('.')[1] as string, 'base64url').toString()).index;

async function reserve(
  { gateway, buyer, words }: VisitParts,
  sale: LiveSale,
  items: string,
): Promise<string> {
  const outcome = await gateway.engine.desk.reserve(sale, buyer.id, {
    items: decodeItems(items),
    ...(buyer.ticket !== null && sale.config.method !== 'none' ? { ticket: buyer.ticket } : {}),
  });
  if (outcome.kind === 'refused') return outcome.code;
  if (outcome.kind === 'standby') return outcome.kind;
  remember(buyer, outcome.reserved);
  words.say({ says: 'held', buyer: buyer.id, reservation: outcome.reserved.reservation.id });
  return outcome.fresh ? 'held' : 'held before';
}

function remember(buyer: Buyer, { reservation, checkoutId, purchaseToken }: Reserved): void {
  buyer.hold = {
    reservationId: reservation.id as ReservationId,
    checkoutId: checkoutId as CheckoutId,
    purchaseToken,
  };
}

async function release({ gateway, buyer }: VisitParts, id: ReservationId): Promise<string> {
  const outcome = await gateway.engine.desk.release(id, buyer.id);
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

function extend({ gateway, buyer, key }: VisitParts, again: boolean): (() => Promise<string>) | null {
  const asked = again
    ? buyer.extension
    : buyer.hold && { reservationId: buyer.hold.reservationId, requestId: key };
  if (!asked) return null;
  buyer.extension = asked;
  return async () => {
    const outcome = await gateway.engine.desk.extend(asked.reservationId, buyer.id, asked.requestId);
    return outcome.kind === 'refused' ? outcome.code : outcome.kind;
  };
}

function pay(
  { gateway, buyer, words, key }: VisitParts,
  { card, again }: Extract<Visit, { does: 'pay' }>,
): (() => Promise<string>) | null {
  const { hold } = buyer;
  const asked = again ? buyer.payment : hold && { checkoutId: hold.checkoutId, card, key };
  if (!asked) return null;
  buyer.payment = asked;
  return async () => {
    const outcome = await gateway.engine.desk.pay({
      checkoutId: asked.checkoutId,
      buyerId: buyer.id,
      idempotencyKey: asked.key,
      request: {
        paymentMethod: 'card',
        paymentToken: asked.card,
        paymentTokens: { first: asked.card, second: asked.card },
        // An older hold's token may no longer be at hand; it is asked for only where it is sent.
        ...(hold?.checkoutId === asked.checkoutId ? { purchaseToken: hold.purchaseToken } : {}),
      },
    });
    if (outcome.kind === 'refused') return outcome.code;
    if (outcome.kind === 'pending') {
      const { orderId } = outcome.order;
      buyer.orderId = orderId as OrderId;
      words.say({ says: 'accepted', buyer: buyer.id, order: orderId, key: asked.key });
      return outcome.order.status;
    }
    const { status, body } = outcome;
    words.say({ says: 'final', buyer: buyer.id, operation: 'pay', key: asked.key, status, body });
    if (status === 201) {
      const { orderId } = body as OrderConfirmed;
      buyer.orderId = orderId as OrderId;
      words.say({ says: 'confirmed', buyer: buyer.id, order: orderId });
    }
    return `final ${status}`;
  };
}

function cancel({ gateway, buyer, words, key }: VisitParts, again: boolean): (() => Promise<string>) | null {
  const asked = again ? buyer.cancellation : buyer.orderId && { orderId: buyer.orderId, key };
  if (!asked) return null;
  buyer.cancellation = asked;
  return async () => {
    const outcome = await gateway.buyerOrders.cancel(asked.orderId, buyer.id, {}, asked.key);
    if (outcome.kind === 'refused') return outcome.code;
    const { status, body } = outcome;
    words.say({ says: 'final', buyer: buyer.id, operation: 'cancel', key: asked.key, status, body });
    return body.status;
  };
}

async function giveBack({ gateway, buyer, key }: VisitParts, orderId: OrderId): Promise<string> {
  const order = await gateway.orders.order(orderId, buyer.id);
  const [line] = order?.items ?? [];
  if (!line) return 'no such order';
  const request = { items: [{ sku: line.sku, quantity: 1 }], reason: 'changed my mind' };
  const outcome = await gateway.buyerOrders.requestReturn(orderId, buyer.id, request, key);
  return outcome.kind === 'refused' ? outcome.code : outcome.body.status;
}

async function giveAddress({ gateway, buyer }: VisitParts, orderId: OrderId): Promise<string> {
  const address = { name: buyer.id, line1: '1 Test Way', city: 'Test', postalCode: '1', country: 'DE' };
  const outcome = await gateway.buyerOrders.giveAddress(orderId, buyer.id, address);
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

async function readOrders({ gateway, buyer, words }: VisitParts): Promise<string> {
  const page = await gateway.orders.orders(buyer.id, 10, null);
  if ('kind' in page) return page.code;
  const shown = ['confirmed', 'processing', 'shipped', 'delivered', 'returned', 'refunded'];
  for (const order of page.data) {
    buyer.orderId ??= order.orderId as OrderId;
    if (shown.includes(order.status)) {
      words.say({ says: 'confirmed', buyer: buyer.id, order: order.orderId });
    }
  }
  return `${page.data.length} orders`;
}
