import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { jittered } from '../queues/jitter.ts';
import type { PutOff, RowOutcome } from '../queues/row-queue.ts';
import { pausesMs } from './pauses.ts';
import { type SendingOptions, sendWebhook } from './send-webhook.ts';
import { sharesOf } from './shares.ts';

interface DueDelivery {
  endpoint_id: string;
  message_id: string;
  payload: string;
  attempts: number;
  url: string;
  secret: string;
  is_removed: boolean;
}

/** Why what was to be sent to an endpoint that was removed has failed. */
export const endpointRemoved = 'the endpoint was removed';

const readDelivery = statement<DueDelivery>('read-delivery');
const recordAttempt = statement('record-attempt');

/**
 * Makes one attempt of a delivery and commits what came of it. When the next one is due is in the row: the
 * job is done either way. What is beyond the share of its endpoint is put off, which is no attempt.
 */
export function deliverer(on: Postgres, options: SendingOptions, log: Log) {
  const take = sharesOf();
  return async (deliveryId: string): Promise<RowOutcome | PutOff> => {
    const [due] = await readDelivery(on, [deliveryId]);
    if (!due) return { kind: 'done' };
    const { url, secret, message_id: messageId, payload, attempts } = due;
    // The removal ended what it found; this came to be beside it.
    if (due.is_removed) {
      await recordAttempt(on, [deliveryId, attempts, 'failed', 0, 0, null, endpointRemoved]);
      return { kind: 'done' };
    }
    const turn = take(due.endpoint_id);
    if (turn.kind === 'put_off') return turn;
    const startedMs = performance.now();
    const exchange = sendWebhook({ url, secret, messageId, payload }, options).finally(turn.giveBack);
    const { status, error } = await exchange;
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
