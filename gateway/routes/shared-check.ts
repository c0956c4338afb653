/** How long what was found out is told on. */
const keptMs = 500;

/**
 * The same check for everybody who asks while it is under way, and for a moment after: whoever asks in a loop costs
 * those who are asked no more than two checks a second. `check` must not throw.
 */
export function sharedCheck<Found>(
  check: () => Promise<Found>,
  monotonicMs: () => number = () => performance.now(),
): () => Promise<Found> {
  let latest: Promise<Found> | null = null;
  let keptUntilMs = 0;
  return () => {
    if (latest && monotonicMs() < keptUntilMs) return latest;
    keptUntilMs = Number.POSITIVE_INFINITY;
    latest = check();
    void latest.then(() => {
      keptUntilMs = monotonicMs() + keptMs;
    });
    return latest;
  };
}
