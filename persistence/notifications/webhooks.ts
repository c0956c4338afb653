import { randomBytes } from 'node:crypto';
import { refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import { endOfPage, pageOf } from '../../engine/contracts/page.ts';
import type { Webhooks } from '../../engine/contracts/webhooks.ts';
import type { Delivery } from '../../engine/contracts/wire/webhooks.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type AttemptRow, attemptOf } from './attempt-row.ts';
import { endpointRemoved } from './deliver.ts';
import { refusalOfUrl } from './webhook-address.ts';

interface EndpointRow {
  endpoint_id: string;
  url: string;
  types: string[] | null;
  created_at: Date;
}

interface DeliveryRow {
  delivery_id: string;
  endpoint_id: string;
  message_id: string;
  type: string;
  state: Delivery['status'];
  next_attempt_at: Date;
  created_at: Date;
  attempts: AttemptRow[];
}

const liveEndpoints = statement<EndpointRow>('live-endpoints');
const createEndpoint = statement<{ created_at: Date }>('create-endpoint');
const deleteEndpoint = statement<{ endpoint_id: string }>('delete-endpoint');
const readDeliveries = statement<DeliveryRow>('read-deliveries');
const replayDelivery = statement<{ delivery_id: string; is_removed: boolean }>('replay-delivery');

/** Outgoing webhooks on Postgres; a worker sends them. */
export function webhooksOn(on: Postgres, allowsPrivate: boolean): Webhooks {
  return {
    endpoints: async () =>
      (await liveEndpoints(on, [])).map((row) => ({
        endpointId: row.endpoint_id,
        url: row.url,
        types: row.types,
        createdAt: row.created_at.toISOString(),
      })),

    async create({ url, types = null }: { url: string; types?: string[] | null }) {
      const refusal = refusalOfUrl(url, allowsPrivate);
      if (refusal) return refusal;
      const endpointId = newId('whe');
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      const [row] = await createEndpoint(on, [endpointId, url, secret, types]);
      const createdAt = (row as { created_at: Date }).created_at.toISOString();
      return { kind: 'created', endpoint: { endpointId, url, types, createdAt, secret } };
    },

    async remove(endpointId) {
      const [removed] = await deleteEndpoint(on, [endpointId, endpointRemoved]);
      return removed ? { kind: 'removed' } : refuse('endpoint_not_found');
    },

    async deliveries(limit, cursor) {
      const before = endOfPage(cursor, isDeliveryId);
      if (before.kind === 'refused') return before;
      const rows = await readDeliveries(on, [null, before.name, limit + 1]);
      return pageOf(rows, limit, deliveryOf, (row) => row.delivery_id);
    },

    async replay(deliveryId) {
      const [due] = await replayDelivery(on, [deliveryId]);
      if (due?.is_removed) {
        return refuse('endpoint_not_found', { detail: 'The endpoint of this delivery was removed.' });
      }
      const [row] = due ? await readDeliveries(on, [deliveryId, null, 1]) : [];
      return row ? { kind: 'due', delivery: deliveryOf(row) } : refuse('delivery_not_found');
    },
  };
}

const isDeliveryId = (text: string): boolean => /^dlv_[0-9a-f]{32}$/.test(text);

const deliveryOf = (row: DeliveryRow): Delivery => ({
  deliveryId: row.delivery_id,
  endpointId: row.endpoint_id,
  messageId: row.message_id,
  type: row.type,
  status: row.state,
  nextAttemptAt: row.state === 'pending' ? row.next_attempt_at.toISOString() : null,
  createdAt: row.created_at.toISOString(),
  attempts: row.attempts.map(attemptOf),
});
