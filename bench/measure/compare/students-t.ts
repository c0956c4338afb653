/**
 * How likely rounds of one thing fall at least so far apart as these two lots did: Student's t, two-sided, with
 * one variance for both. Of logarithms where all are positive, because rates and times vary by factors. Null
 * where a lot has one round: then there is no spread to compare by.
 */
export function chanceOf(first: readonly number[], second: readonly number[]): number | null {
  if (first.length < 2 || second.length < 2) return null;
  const arePositive = [...first, ...second].every((value) => value > 0);
  const [ours, theirs] = [first, second].map((lot) => (arePositive ? lot.map(Math.log) : lot)) as [
    readonly number[],
    readonly number[],
  ];
  const distance = Math.abs(mean(ours) - mean(theirs));
  const freedom = ours.length + theirs.length - 2;
  const variance = (squares(ours) + squares(theirs)) / freedom;
  if (distance === 0) return 1;
  return twoSided(distance / Math.sqrt(variance * (1 / ours.length + 1 / theirs.length)), freedom);
}

/**
 * Which of so many chances are so small that not even one of them would be expected within `level`, however many
 * there are: Holm, Scandinavian Journal of Statistics 6, 1979.
 */
export function holm(chances: readonly number[], level: number): boolean[] {
  const isSmall = chances.map(() => false);
  const order = chances.map((chance, at) => ({ chance, at })).sort((a, b) => a.chance - b.chance);
  for (const [place, { chance, at }] of order.entries()) {
    if (chance * (chances.length - place) > level) break;
    isSmall[at] = true;
  }
  return isSmall;
}

/** Abramowitz and Stegun, 26.7.3 and 26.7.4: exact for a whole number of degrees of freedom. */
function twoSided(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= (cosine * cosine * (power - 1)) / power;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return Math.max(0, 1 - within);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function squares(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}
