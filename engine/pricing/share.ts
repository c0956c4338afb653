/** A hundredth of a percent; 10,000 of them are the whole. */
export const wholeBasisPoints = 10_000;

/**
 * `basisPoints` ten-thousandths of an amount in minor units, rounded half up to a whole minor unit. This is
 * the only rounding there is: once a total, never a line, so a total does not depend on how it was split.
 * In BigInt, because an amount times a share leaves the safe integers.
 */
export function shareOf(amountMinor: number, basisPoints: number): number {
  const whole = BigInt(wholeBasisPoints);
  return Number((BigInt(amountMinor) * BigInt(basisPoints) * 2n + whole) / (whole * 2n));
}
