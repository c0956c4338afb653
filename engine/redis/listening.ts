import type { Redis } from 'ioredis';
import { connected } from './connection.ts';

export interface Listener {
  /** Hears every message of the channels. */
  hear(channel: string, message: string): void;
  /** Listens again after its connection was gone: what was published meanwhile was not heard, and is not said again. */
  onReturn(): void;
}

/**
 * Listens to channels of Redis until it is disconnected, over a connection of its own, because one that listens cannot
 * ask. It subscribes anew by itself after every loss of the connection. ioredis would, too, but a loss during that is
 * a rejection that nobody can catch, which ends the process, and leaves one that survives it deaf.
 *
 * Throws `RedisUnavailable` where Redis cannot be reached now.
 */
export async function listen(
  redisUrl: string,
  channels: readonly string[],
  { hear, onReturn }: Listener,
): Promise<Redis> {
  const redis = await connected(redisUrl, { autoResubscribe: false });
  redis.on('message', hear);
  await redis.subscribe(...channels);
  redis.on('ready', () => {
    redis.subscribe(...channels).then(onReturn, () => {
      // A connection that is gone comes back by itself; one that is there and does not answer is given up.
      if (redis.status === 'ready') redis.disconnect(true);
    });
  });
  return redis;
}
