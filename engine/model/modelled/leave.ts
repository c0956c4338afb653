import type { ModelledReply } from './reply.ts';
import type { ModelledSale } from './sale.ts';
import { handOver } from './standby.ts';

/** What names a buyer's place: 12 bytes. */
export const placeOf = (buyerId: string): string => buyerId.padEnd(12, '.');

export const placeText = (buyerId: string): string => Buffer.from(placeOf(buyerId)).toString('base64');

/** Everybody's turn is their index. */
export function leave(sale: ModelledSale, buyerIds: string[]): ModelledReply {
  const leavers: string[] = [];
  const answers = buyerIds.map((buyerId) => {
    const turn = sale.places.get(buyerId);
    if (turn === undefined) return [0];
    if (turn === null) return [1];
    sale.places.set(buyerId, null);
    leavers.push(placeText(buyerId));
    if (sale.standby.get(buyerId)?.turn === turn) sale.standby.delete(buyerId);
    const latestId = sale.latestOf.get(buyerId);
    const latest = latestId === undefined ? undefined : sale.reservations.get(latestId);
    if (sale.usedTurns.has(turn) && latest?.turn === turn) sale.gaveUp.add(buyerId);
    sale.usedTurns.add(turn);
    return [1];
  });
  if (leavers.length > 0) {
    sale.events.push({
      type: 'places.given_up',
      atMs: sale.nowMs,
      epoch: sale.epoch,
      places: leavers.join(''),
    });
    handOver(sale);
  }
  return [1, 64, ...answers];
}
