import { diceOf } from '../../dice.ts';

/** The orders are those of every run: two runs differ in what they measured, not in when. */
const seed = 20;

/**
 * The same in the order of that round: shuffled (Fisher-Yates), and every second time the one before in reverse, so
 * that also of two nobody always follows the other. Turned by one each round, everybody would follow the same one as
 * ever, and what that one leaves behind (a warm cache, a log to be written) would be part of their figure.
 */
export function shuffled<Item>(items: readonly Item[], round: number): Item[] {
  const next = diceOf(seed, Math.floor(round / 2));
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const at = Math.floor(next() * (last + 1));
    [order[last], order[at]] = [order[at] as Item, order[last] as Item];
  }
  return round % 2 === 0 ? order : order.reverse();
}
