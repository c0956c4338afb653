import { Redis } from 'ioredis';
import { RedisUnavailable } from './unavailable.ts';

/** What differs for a connection that listens. */
export interface Special {
  autoResubscribe?: boolean;
}

/**
 * A connection whose commands are never sent twice behind our back: ioredis by default repeats what was
 * in flight when a connection dropped (measured: 20 requests became 40 executions). Here a dropped or
 * timed-out command is *unknown*, and the batcher asks again with the same request id.
 */
export function connect(redisUrl: string, special: Special = {}): Redis {
  const redis = new Redis(redisUrl, {
    autoResendUnfulfilledCommands: false,
    commandTimeout: 2_000,
    enableOfflineQueue: false,
    lazyConnect: true,
    // What was in flight when the connection dropped fails at once; with `null` it would hang until
    // commandTimeout, because nothing of it is sent again.
    maxRetriesPerRequest: 0,
    // The default backs off to 2 s and more; a flash sale wants its Redis back at once.
    retryStrategy: (attempt) => Math.min(attempt * 20, 500),
    // Whoever meets a Redis that still reads its files looks again so soon. By default that is a second at
    // least, and ten at most: of one restart, 997 ms after its first PONG instead of 53.
    maxLoadingRetryTime: 50,
    ...special,
  });
  // Every command reports its own failure; without a listener ioredis prints each reconnect.
  redis.on('error', () => {});
  return redis;
}

/** Connects now. Throws `RedisUnavailable` with one clear line where that fails. */
export async function connected(redisUrl: string, special: Special = {}): Promise<Redis> {
  const redis = connect(redisUrl, special);
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new RedisUnavailable(
      `cannot reach Redis at ${withoutSecret(redisUrl)}: ${(error as Error).message}`,
    );
  }
}

/** The URL as it may be shown: without its password. */
export function withoutSecret(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
