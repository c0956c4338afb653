import { Redis } from 'ioredis';
import { encodeItems } from '../../contracts/events.ts';
import type { Push } from '../../contracts/outcomes.ts';
import { channels } from '../../redis/keys.ts';

/** What the scripts tell buyers on their sockets, by sale. */
export class Pushes {
  readonly #redis: Redis;
  readonly #told = new Map<string, string[]>();

  private constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('message', (_channel, message) => {
      const push = JSON.parse(message) as Push;
      if (push.ev === 'order') return;
      const told = this.#told.get(push.saleId) ?? [];
      this.#told.set(push.saleId, told);
      if (push.ev === 'expired') told.push(`expired ${push.reservationId} ${push.buyerId}`);
      else {
        const { id, buyerId, deadlineMs, items, turn } = push.reservation;
        told.push(`reserved ${id} ${buyerId} ${deadlineMs} ${encodeItems(items)} ${turn}`);
      }
    });
  }

  static async listen(redisUrl: string): Promise<Pushes> {
    const redis = new Redis(redisUrl);
    await redis.subscribe(channels.pushes);
    return new Pushes(redis);
  }

  /** All that a sale's buyers were told until now, and forgets it. Redis answers in order: a ping comes after them. */
  async of(saleId: string): Promise<string[]> {
    await this.#redis.ping();
    const told = this.#told.get(saleId) ?? [];
    this.#told.delete(saleId);
    return told;
  }

  close(): void {
    this.#redis.disconnect();
  }
}
