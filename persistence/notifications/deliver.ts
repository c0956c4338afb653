import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { RowOutcome } from '../queues/row-queue.ts';
import { type SendingOptions, sendWebhook } from './send-webhook.ts';

interface DueDelivery {
  message_id: string;
  payload: string;
  attempts: number;
  url: string;
  secret: string;
}

const readDelivery = statement<DueDelivery>('read-delivery');
const recordAttempt = statement('record-attempt');

const minuteMs = 60_000;

/** How long after an attempt that failed the next one is made; after the last one, about a day later, none. */
export const pausesMs = [
  5_000,
  30_000,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  60 * minuteMs,
  120 * minuteMs,
  240 * minuteMs,
  480 * minuteMs,
  480 * minuteMs,
];

/** A fifth more or less, so that what failed together does not come back together. */
const jittered = (ms: number) => Math.round(ms * (0.8 + Math.random() * 0.4));

/**
 * Makes one attempt of a delivery and commits what came of it. When the next one is due is in the row: the
 * job is done either way.
 */
export function deliverer(on: Postgres, options: SendingOptions, log: Log) {
  return async (deliveryId: string): Promise<RowOutcome> => {
    const [due] = await readDelivery(on, [deliveryId]);
    if (!due) return { kind: 'done' };
    const { url, secret, message_id: messageId, payload, attempts } = due;
    const startedMs = performance.now();
    const { status, error } = await sendWebhook({ url, secret, messageId, payload }, options);
    const durationMs = Math.round(performance.now() - startedMs);
    const pauseMs = pausesMs[attempts];
    // 410: the receiver is gone and says so.
    const isOver = pauseMs === undefined || status === 410;
    const state = error === null ? 'delivered' : isOver ? 'failed' : 'pending';
    if (state === 'failed') log.warn({ deliveryId, status, error }, 'a webhook was given up');
    await recordAttempt(on, [deliveryId, attempts, state, jittered(pauseMs ?? 0), durationMs, status, error]);
    return { kind: 'done' };
  };
}
