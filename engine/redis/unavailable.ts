/** Redis cannot be asked at this moment, or did not answer in time: the outcome is unknown. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';
  /** When asking again makes sense. */
  retryAfterSeconds = 2;
}

/** Redis has begun another epoch of the sale, or has lost it: asking the same again would not help. */
export class StaleEpoch extends RedisUnavailable {
  /**
   * Whoever waited out an absence of Redis is refused so all at once, when it is back, and half a second later
   * the next epoch has begun. Told to come in 2 s, a run of called buyers who poll came 2.2 s after the return,
   * and until then nobody took a unit.
   */
  override retryAfterSeconds = 1;
}
