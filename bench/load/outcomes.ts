/** How a rush ended for a buyer: exactly one of these for each. */
export const outcomes = [
  /** Was told that the order is confirmed. */
  'confirmed',
  /** Was told that everything is sold. */
  'soldOut',
  /** Held a unit and left it. */
  'walkedAway',
  /** Was called and did not come. */
  'noShow',
  /** Met an answer that the protocol does not allow, or got none. */
  'failed',
  /** Was still in it when the time was up. */
  'unfinished',
] as const;

export type Outcome = (typeof outcomes)[number];
export type OutcomeCounts = Record<Outcome, number>;

export const noOutcomes = (): OutcomeCounts => ({
  confirmed: 0,
  soldOut: 0,
  walkedAway: 0,
  noShow: 0,
  failed: 0,
  unfinished: 0,
});
