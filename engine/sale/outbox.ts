import type { Redis } from 'ioredis';
import { type OutboxEvent, parseOutboxEvent } from '../contracts/events.ts';
import { outboxKey } from '../redis/keys.ts';
import { runIdIn } from './life.ts';

/** Events of a sale's outbox, and which life of Redis says so. */
export interface ReadOutbox {
  /** Names this life of Redis. */
  runId: string;
  events: OutboxEvent[];
}

/** Reads up to `limit` events after `position` in one round trip on one connection, so all of it is of one life. */
export async function readOutbox(
  redis: Redis,
  saleId: string,
  position: string,
  limit: number,
): Promise<ReadOutbox> {
  const replies = await redis
    .pipeline()
    .info('server')
    .xrange(outboxKey(saleId), `(${position}`, '+', 'COUNT', limit)
    .exec();
  const failed = replies?.find(([error]) => error);
  if (failed?.[0]) throw failed[0];
  const [server, entries] = (replies ?? []).map(([, reply]) => reply);
  return { runId: runIdIn(server), events: (entries as [string, string[]][]).map(parseOutboxEvent) };
}
