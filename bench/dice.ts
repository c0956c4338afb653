/**
 * mulberry32 (Tommy Ettinger, public domain): 32 bits of state, period 2^32, and the same numbers on every
 * machine. Good enough to choose behaviours and delays by; never use it for a secret.
 * Returns a function that gives the next number in [0, 1).
 */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Dice of one's own for each of many: what buyer 17 does under a seed depends on neither how many buyers
 * there are nor which of them was asked first. The finalizer of MurmurHash3 keeps neighbours apart.
 */
export function diceOf(seed: number, number: number): () => number {
  let hash = (seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return dice(hash ^ (hash >>> 16));
}
