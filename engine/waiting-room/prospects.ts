import type { LiveSale } from '../contracts/sale.ts';
import { peopleBetween } from '../contracts/vacancies.ts';

/** Fewer turns than this that have run their course are no ground for saying anything about the others. */
const evidenceTurns = 30;

const total = (sale: LiveSale, place: 'units' | 'available' | 'held' | 'paying' | 'sold') =>
  sale.snapshot.stock.reduce((sum, count) => sum + count[place], 0);

/** Seconds until the turn at the present pace; null when nothing is known about it. */
export function etaSeconds(sale: LiveSale, turn: number | null, serving: number): number | null {
  const { snapshot } = sale;
  if (turn === null || snapshot.state !== 'open') return null;
  return Math.ceil((peopleBetween(sale, serving, turn) * 60) / snapshot.perMinute);
}

/**
 * The chance, 0 to 1, that units are left when this turn is called, if those ahead go on buying as those
 * before them did. Null while too few turns have run their course to know.
 *
 * Units taken by the turns ahead are a sum of many small independent amounts, so they are about normal:
 * mean `ahead × share`, variance `ahead × share × (1 − share)`.
 */
export function chance(sale: LiveSale, turn: number | null): number | null {
  const { state, missedBelow, serving } = sale.snapshot;
  if (turn === null || state !== 'open') return null;
  const decided = peopleBetween(sale, 0, missedBelow);
  if (decided < evidenceTurns) return null;
  const share = Math.min(1, total(sale, 'sold') / decided);
  const undecided = total(sale, 'held') + peopleBetween(sale, missedBelow, serving);
  const ahead = peopleBetween(sale, serving, turn) + undecided;
  const left = total(sale, 'units') - total(sale, 'sold') - total(sale, 'paying');
  const spread = Math.sqrt(ahead * share * (1 - share));
  const margin = left - 0.5 - ahead * share;
  const probability = spread === 0 ? Number(margin > 0) : normalShare(margin / spread);
  return Math.round(probability * 100) / 100;
}

/** The standard normal distribution function, to 7 digits (Abramowitz and Stegun, 26.2.17). */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return z > 0 ? 1 - tail : tail;
}

/** Polling clients are asked to come back after 1 s near their turn, and at most 30 s when it is far. */
const pollSecondsMax = 30;

/** When a polling client should ask again: sooner near the turn, spread so that they do not come at once. */
export function retryAfterSeconds(eta: number | null, index: number): number {
  const near = eta === null ? 5 : Math.min(pollSecondsMax, Math.ceil(eta / 4));
  return Math.max(1, near + (near > 4 ? index % 3 : 0));
}

/**
 * How soon whoever is called or stands by asks again, in seconds: a hold that came through standby lasts claimSeconds
 * untouched, so whoever polls has to see it well before; and standing by takes a sign of life every 30 s.
 */
export const touchSeconds = ({ config }: LiveSale): number =>
  Math.max(1, Math.min(5, Math.floor(config.claimMs / 2_500)));
