import { Queue } from 'bullmq';
import type { Readiness } from '../../engine/contracts/ports.ts';
import { heartbeatKey } from './catalogue.ts';
import { addingOptions, letGoOf } from './connection.ts';

const aliveMs = 5_000;

/** A sign that some worker can do its work: it reaches Redis, and reached Postgres a moment ago. */
export interface Heartbeat {
  /** Rejects where Redis does not answer within a second. */
  beat(): Promise<void>;
  /** Null while a worker lives, else a short sentence. */
  check: Readiness['check'];
  close(): Promise<void>;
}

export function heartbeatOn(redisUrl: string): Heartbeat {
  // BullMQ's connection is borrowed, so that this room needs no Redis client of its own.
  const queue = new Queue('charge', addingOptions(redisUrl));
  queue.on('error', () => {});
  const client = () => queue.getBackend().client;
  return {
    async beat() {
      await Promise.race([client().then((redis) => redis.set(heartbeatKey, '1', { PX: aliveMs })), inTime()]);
    },
    async check() {
      try {
        const seen = await Promise.race([client().then((redis) => redis.get(heartbeatKey)), inTime()]);
        return seen === null ? 'no worker has shown itself for 5 s' : null;
      } catch (error) {
        return `the workers cannot be asked after: ${(error as Error).message}`;
      }
    },
    close: () => letGoOf(queue),
  };
}

function inTime(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('Redis does not answer')), 1_000).unref();
  });
}
