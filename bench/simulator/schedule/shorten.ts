/**
 * A shorter list that still fails, by delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
 * failure-inducing input", 2002): parts are left out, larger ones first, as long as it fails without them. Ends when
 * nothing can be left out alone, or after `runsMax` attempts with the shortest that was found.
 */
export async function shorten<T>(
  list: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
  runsMax: number,
): Promise<readonly T[]> {
  let shortest = list;
  let parts = 2;
  let runs = 0;
  while (shortest.length > 0 && runs < runsMax) {
    const size = Math.ceil(shortest.length / parts);
    let isShorter = false;
    for (let from = 0; from < shortest.length && runs < runsMax; from += size) {
      const without = [...shortest.slice(0, from), ...shortest.slice(from + size)];
      runs++;
      if (!(await fails(without))) continue;
      shortest = without;
      parts = Math.max(parts - 1, 2);
      isShorter = true;
      break;
    }
    if (isShorter) continue;
    if (size === 1) break;
    parts = Math.min(parts * 2, shortest.length);
  }
  return shortest;
}
