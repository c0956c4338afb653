/** Redis cannot be asked at this moment, or did not answer in time: the outcome is unknown. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';
}

/** Redis has begun another epoch of the sale, or has lost it: asking the same again would not help. */
export class StaleEpoch extends RedisUnavailable {}
