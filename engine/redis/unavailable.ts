/** Redis cannot be asked at this moment, or did not answer in time: the outcome is unknown. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';
}
