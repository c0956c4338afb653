import { itemsOf } from './items.ts';
import type { ModelledReply } from './reply.ts';
import { readItems } from './reserve.ts';
import type { ModelledSale } from './sale.ts';

export function restock(sale: ModelledSale, id: string, returnId: string, text: string): ModelledReply {
  const items = readItems(text);
  if (!items || returnId === '') return [5];
  const reservation = sale.reservations.get(id);
  if (!reservation) return [0];
  const earlier = reservation.returns.find(([known]) => known === returnId);
  if (earlier) return [1, earlier[1]];
  if (reservation.state !== 'confirmed') return [4, reservation.state];
  const left = itemsOf(reservation.items).map(({ sku, quantity }) => {
    const returned = reservation.returns.flatMap(([, of]) => itemsOf(of)).filter((item) => item.sku === sku);
    return { sku, quantity: returned.reduce((rest, item) => rest - item.quantity, quantity) };
  });
  const isSold = ({ sku, quantity }: { sku: string; quantity: number }) =>
    left.some((item) => item.sku === sku && item.quantity >= quantity);
  if (!items.every(isSold)) {
    const sold = left.filter(({ quantity }) => quantity > 0);
    return [2, sold.map(({ sku, quantity }) => `${sku}:${quantity}`).join()];
  }
  if (sale.state === 'closed' || sale.state === 'sold_out') return [3];
  sale.move(text, 'sold', 'available');
  reservation.returns.push([returnId, text]);
  sale.emit('reservation.restocked', id, { returnId, items: text });
  return [1, text];
}
