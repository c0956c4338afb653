import { type Item, quantityOf } from './items.ts';
import type { ModelledReply } from './reply.ts';
import type { ModelledSale } from './sale.ts';
import { handOver, missedRank, standBy, turnAway } from './standby.ts';

const closedDoor: Record<string, number> = { scheduled: 7, waiting: 7, paused: 8, closed: 9, sold_out: 10 };

/** Items as a request may write them: each SKU once, in order, whole and positive. Null where it is not so. */
export function readItems(text: string): Item[] | null {
  const items: Item[] = [];
  for (const pair of text.split(',')) {
    const parts = /^([a-z0-9-]+):([1-9]\d{0,8})$/.exec(pair);
    const [, sku, quantity] = parts ?? [];
    const before = items.at(-1);
    if (!sku || !quantity || (before && before.sku >= sku)) return null;
    items.push({ sku, quantity: Number(quantity) });
  }
  return items;
}

function readTurn(sale: ModelledSale, text: string): number | null {
  if (sale.setup.method === 'none') return text === '-1' ? -1 : null;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export function reserve(sale: ModelledSale, args: string[]): ModelledReply {
  const [reservationId, buyerId, turnText, itemsText] = args as [string, string, string, string];
  const items = readItems(itemsText);
  const turn = readTurn(sale, turnText);
  if (!items || turn === null) return [13];
  const unknown = items.find(({ sku }) => !sale.stock.has(sku));
  if (unknown) return [11, unknown.sku];

  const prior = sale.reservations.get(reservationId);
  if (prior?.buyerId === buyerId) {
    if (!sale.isLapsed(prior)) sale.touch(reservationId, prior);
    return [1, reservationId, `${prior.deadlineMs}`];
  }
  const latestId = sale.latestOf.get(buyerId);
  const latest = latestId === undefined ? undefined : sale.reservations.get(latestId);
  if (latestId !== undefined && latest) {
    if (sale.isLapsed(latest)) {
      sale.giveBack(latestId, latest, 'held', 'expired');
      handOver(sale);
    }
    if (latest.state === 'held' || latest.state === 'paying') {
      if (latest.items !== itemsText) return [6];
      sale.touch(latestId, latest);
      return [2, latestId, `${latest.deadlineMs}`, latest.state];
    }
  }

  const door = closedDoor[sale.state];
  if (door !== undefined) {
    const standing = sale.state === 'paused' ? sale.standby.get(buyerId) : undefined;
    if (standing) standing.aliveAtMs = sale.claimClockMs();
    return [door];
  }
  if (sale.unitsOf(buyerId) + quantityOf(itemsText) > sale.setup.perBuyerLimit)
    return [5, sale.setup.perBuyerLimit];
  if (turn >= 0) {
    if (turn >= sale.serving) return [4, turn - sale.serving];
    // Whose hold came to nothing may try again with the turn of it, unless it was given up.
    const isOwn = latest?.turn === turn && latest.state !== 'confirmed' && !sale.gaveUp.has(buyerId);
    if (sale.usedTurns.has(turn) && !isOwn) return [12];
  }
  if (sale.isGone(itemsText)) {
    const inVain = sale.standby.get(buyerId);
    if (inVain && sale.isGone(inVain.items)) turnAway(sale, inVain);
    return [10];
  }

  if (sale.standby.get(buyerId)?.turn !== turn) sale.standby.delete(buyerId);
  const standing = sale.standby.get(buyerId);
  const missed = standing ? standing.missed : latest?.turn === turn || (turn >= 0 && turn < sale.missedBelow);
  handOver(sale, standing?.score ?? (missed ? missedRank : 0) + (turn >= 0 ? turn : missedRank));
  if (sale.fits(itemsText, missed && turn >= 0 ? sale.outstandingTurns() : 0)) {
    // Also where standby was handed that very id a moment ago.
    if (sale.reservations.has(reservationId)) return [13];
    sale.standby.delete(buyerId);
    sale.turnedAway.delete(buyerId);
    sale.hold(reservationId, { buyerId, turn, items: itemsText }, sale.setup.holdMs, false);
    return [1, reservationId, `${sale.nowMs + sale.setup.holdMs}`];
  }
  return [3, standBy(sale, { buyerId, reservationId, turn, items: itemsText, missed }, standing)];
}
