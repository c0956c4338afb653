/** What several rounds of one measurement say. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The middle value; between the two middle ones where their number is even. Throws without any. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no rounds were measured');
  return (lower + upper) / 2;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/**
 * Subject to opponent, round by round: both sides of a quotient were measured within seconds of each other,
 * so what else the machine did meanwhile is in both. Throws where the rounds do not pair up.
 */
export function ratioOf(subject: readonly number[], opponent: readonly number[]): Spread {
  if (subject.length !== opponent.length) throw new RangeError('each round takes both sides');
  return spreadOf(subject.map((value, round) => value / (opponent[round] as number)));
}
