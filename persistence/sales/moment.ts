/** When the doors of a sale open and close, in ms since 1970, in that order. */
export interface SaleMoments {
  waitingOpensAtMs: number;
  opensAtMs: number;
  closesAtMs: number;
}

/**
 * A moment of a request in ms since 1970, or null where the calendar does not have it: `Date` would roll
 * 30 February over into March. The schema has checked the form already.
 */
export function parseMoment(text: string): number | null {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day >= 1 && day <= daysInMonth ? ms : null;
}
