import type { Redis } from 'ioredis';
import type { Decision } from '../schedule/decision.ts';
import type { Cast } from './cast.ts';
import { copyRedis, enterAnotherLife, type RedisCopy, restoreRedis } from './redis-copy.ts';

export type RedisFault = Extract<Decision, { kind: 'redis' }>['fault'];

/** What befalls Redis: it restarts, loses everything, or falls back to a copy that was made of it before. */
export class RedisFaults {
  readonly #redis: Redis;
  readonly #cast: Cast;
  #copy: RedisCopy | null = null;

  constructor(redis: Redis, cast: Cast) {
    this.#redis = redis;
    this.#cast = cast;
  }

  async strike(fault: RedisFault): Promise<void> {
    if (fault === 'is copied') {
      this.#copy = await copyRedis(this.#redis);
      return;
    }
    if (fault === 'restarts') await enterAnotherLife(this.#redis);
    else if (fault === 'loses everything') await this.#redis.flushdb();
    else if (this.#copy) await restoreRedis(this.#redis, this.#copy);
    else return;
    if (fault !== 'restarts') this.#cast.jobs.lose();
    this.#cast.forgetWallClock();
    this.#cast.moved.redis = true;
  }
}
