import type { Standing } from './records.ts';
import type { ModelledSale } from './sale.ts';

/** Whoever missed comes after everybody who did not. */
export const missedRank = 2 ** 40;

/** Whoever gave no sign of life for longer, by the claim clock, is passed over. */
const aliveMs = 30_000;

/** True where more than `kept` units are available of something that somebody on standby wants. */
function isWanted(sale: ModelledSale, kept: number): boolean {
  const wanted = new Set([...sale.standby.values()].flatMap(({ items }) => items.split(/:\d+,?/)));
  return [...sale.stock].some(([sku, { available }]) => available > kept && wanted.has(sku));
}

/** Gives what is available to those on standby, in their order; with `below` only to those before that score. */
export function handOver(sale: ModelledSale, below = Number.POSITIVE_INFINITY): void {
  if (sale.state !== 'open') return;
  for (const standing of sale.standbyInOrder()) {
    // Whoever missed comes after the turns that may still be used on time.
    const kept = standing.missed ? sale.outstandingTurns() : 0;
    if (standing.score >= below || !isWanted(sale, kept)) return;
    if (sale.claimClockMs() - standing.aliveAtMs > aliveMs) {
      sale.standby.delete(standing.buyerId);
      continue;
    }
    if (!sale.fits(standing.items, kept)) continue;
    sale.standby.delete(standing.buyerId);
    if (sale.reservations.has(standing.reservationId)) continue;
    sale.hold(standing.reservationId, standing, sale.setup.claimMs, true);
  }
}

/** Their request cannot be met any more. Where there are no tickets nobody would ask about it. */
export function turnAway(sale: ModelledSale, standing: Standing): void {
  sale.standby.delete(standing.buyerId);
  if (standing.turn >= 0)
    sale.turnedAway.set(standing.buyerId, { ...standing, aliveAtMs: sale.claimClockMs() });
}

/** Stands somebody in line, or lets them keep their place. Answers how many stand before them. */
export function standBy(
  sale: ModelledSale,
  request: Omit<Standing, 'aliveAtMs' | 'score'>,
  standing: Standing | undefined,
): number {
  let rank = request.turn;
  if (rank < 0) rank = standing ? standing.score % missedRank : ++sale.arrivals;
  const score = rank + (request.missed ? missedRank : 0);
  sale.turnedAway.delete(request.buyerId);
  sale.standby.set(request.buyerId, { ...request, aliveAtMs: sale.claimClockMs(), score });
  return rankOf(sale, request.buyerId);
}

export const rankOf = (sale: ModelledSale, buyerId: string): number =>
  sale.standbyInOrder().findIndex((standing) => standing.buyerId === buyerId);
