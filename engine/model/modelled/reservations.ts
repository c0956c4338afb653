import type { ModelledReservation } from './records.ts';
import type { ModelledReply } from './reply.ts';
import type { ModelledSale } from './sale.ts';

export function release(sale: ModelledSale, id: string, buyerId: string): number {
  const reservation = sale.reservations.get(id);
  if (!reservation || reservation.buyerId !== buyerId) return 0;
  if (sale.isLapsed(reservation)) {
    sale.giveBack(id, reservation, 'held', 'expired');
    return 4;
  }
  if (reservation.state === 'held') sale.giveBack(id, reservation, 'held', 'released');
  return { held: 1, released: 1, paying: 2, confirmed: 3, expired: 4 }[reservation.state];
}

export function beginPayment(sale: ModelledSale, leaseMs: number, args: string[]): ModelledReply {
  const [id, buyerId, paymentId] = args as [string, string, string];
  const reservation = sale.reservations.get(id);
  if (!reservation || reservation.buyerId !== buyerId) return [0];
  if (reservation.state === 'paying' && reservation.attemptId === paymentId) {
    return pinned(reservation);
  }
  if (sale.attempts.has(paymentId)) return [2];
  if (reservation.state === 'paying') return [3];
  if (reservation.state === 'confirmed') return [4];
  if (sale.isLapsed(reservation)) sale.giveBack(id, reservation, 'held', 'expired');
  if (reservation.state !== 'held') return [5];
  sale.touch(id, reservation);
  sale.move(reservation.items, 'held', 'paying');
  reservation.state = 'paying';
  reservation.attemptId = paymentId;
  sale.leases.set(id, sale.nowMs + leaseMs);
  sale.attempts.add(paymentId);
  sale.emit('reservation.payment_begun', id);
  return pinned(reservation);
}

const pinned = ({ items, turn, deadlineMs, quoteId }: ModelledReservation): ModelledReply => [
  1,
  items,
  turn,
  `${deadlineMs}`,
  quoteId,
];

export function confirm(sale: ModelledSale, id: string, paymentId: string): ModelledReply {
  const reservation = sale.reservations.get(id);
  if (!reservation) return [0, ''];
  if (reservation.attemptId !== paymentId) return [0, reservation.state];
  if (reservation.state === 'confirmed') return [1];
  if (reservation.state !== 'paying') return [0, reservation.state];
  sale.move(reservation.items, 'paying', 'sold');
  reservation.state = 'confirmed';
  sale.leases.delete(id);
  sale.emit('reservation.confirmed', id);
  return [1];
}

export function returnToHeld(sale: ModelledSale, id: string, paymentId: string): ModelledReply {
  const reservation = sale.reservations.get(id);
  if (reservation?.attemptId !== paymentId) return [0];
  if (reservation.state === 'held') return [1, `${reservation.deadlineMs}`];
  if (reservation.state === 'expired') return [2];
  if (reservation.state !== 'paying') return [0];
  if (reservation.deadlineMs <= sale.nowMs) {
    sale.giveBack(id, reservation, 'paying', 'expired');
    return [2];
  }
  sale.move(reservation.items, 'paying', 'held');
  reservation.state = 'held';
  sale.leases.delete(id);
  sale.emit('reservation.returned', id);
  return [1, `${reservation.deadlineMs}`];
}

export function extend(sale: ModelledSale, id: string, buyerId: string, requestId: string): ModelledReply {
  const reservation = sale.reservations.get(id);
  if (!reservation || reservation.buyerId !== buyerId) return [0];
  if (reservation.extendedBy !== requestId) {
    if (sale.isLapsed(reservation)) sale.giveBack(id, reservation, 'held', 'expired');
    if (reservation.state === 'paying') return [3];
    if (reservation.state === 'confirmed') return [4];
    if (reservation.state !== 'held') return [5];
    if (sale.setup.extendMs === 0 || reservation.extendedBy !== null) return [2];
    sale.touch(id, reservation);
    reservation.deadlineMs += sale.setup.extendMs;
    reservation.extendedBy = requestId;
    sale.emit('reservation.extended', id);
  }
  return [1, reservation.items, `${reservation.deadlineMs}`];
}

export function read(sale: ModelledSale, id: string, buyerId: string): ModelledReply {
  const reservation = sale.reservations.get(id);
  if (!reservation || reservation.buyerId !== buyerId) return [0];
  const state = sale.isLapsed(reservation) ? 'expired' : reservation.state;
  if (state === 'held') sale.touch(id, reservation);
  const { items, deadlineMs, turn, attemptId, quoteId } = reservation;
  return [1, state, items, `${deadlineMs}`, turn, attemptId, quoteId];
}

export function reprice(sale: ModelledSale, id: string, buyerId: string, quoteId: string): ModelledReply {
  const reservation = sale.reservations.get(id);
  if (!reservation || reservation.buyerId !== buyerId) return [0];
  if (sale.isLapsed(reservation)) sale.giveBack(id, reservation, 'held', 'expired');
  if (reservation.state === 'paying') return [2];
  if (reservation.state === 'confirmed') return [3];
  if (reservation.state !== 'held') return [4];
  sale.touch(id, reservation);
  reservation.quoteId = quoteId;
  return [1, reservation.attemptId];
}
