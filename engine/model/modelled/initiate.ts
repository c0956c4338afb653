import { itemsOf } from './items.ts';
import type { ModelledReply } from './reply.ts';
import { readItems } from './reserve.ts';
import type { ModelledSale } from './sale.ts';

export function initiate(sale: ModelledSale, args: string[]): ModelledReply {
  const [reservationId, buyerId, itemsText, quoteId, seen] = args as [string, string, string, string, string];
  const items = readItems(itemsText);
  if (!items || sale.setup.method !== 'none') return [7];
  const unknown = items.find(({ sku }) => !sale.stock.has(sku));
  if (unknown) return [6, unknown.sku];
  const made = sale.reservations.get(reservationId);
  if (made) return made.buyerId === buyerId ? [1, reservationId, `${made.deadlineMs}`] : [7];

  const latestId = sale.latestOf.get(buyerId) ?? '';
  const latest = sale.reservations.get(latestId);
  if (latest && sale.isLapsed(latest)) sale.giveBack(latestId, latest, 'held', 'expired');
  if (latest?.state === 'paying') return [3, latestId];
  const own = latest?.state === 'held' ? latest : undefined;
  if (own?.items === itemsText) return [2, latestId, `${own.deadlineMs}`];

  if (seenOf(sale, buyerId) !== seen) return [8, seenOf(sale, buyerId)];
  if (sale.state !== 'open') return [5];
  for (const { sku, quantity } of items) {
    const back = own ? itemsOf(own.items).find((item) => item.sku === sku) : undefined;
    const units = (sale.stock.get(sku)?.available ?? 0) + (back?.quantity ?? 0);
    if (units < quantity) return [4, sku, units];
  }
  if (own) sale.giveBack(latestId, own, 'held', 'released');
  sale.hold(reservationId, { buyerId, turn: -1, items: itemsText, quoteId }, sale.setup.holdMs, false);
  return [1, reservationId, `${sale.nowMs + sale.setup.holdMs}`];
}

/** What is seen of a buyer's latest reservation. */
export function seenOf(sale: ModelledSale, buyerId: string): string {
  const id = sale.latestOf.get(buyerId) ?? '';
  return sale.reservations.get(id)?.state === 'confirmed' ? `${id}:confirmed` : id;
}
