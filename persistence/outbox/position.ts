/** Of two stream ids `<ms>-<n>`: whether the first comes before the second. */
export function isBefore(a: string, b: string): boolean {
  const [aMs = 0n, aN = 0n] = a.split('-').map(BigInt);
  const [bMs = 0n, bN = 0n] = b.split('-').map(BigInt);
  return aMs === bMs ? aN < bN : aMs < bMs;
}
