import { createHash } from 'node:crypto';
import { newId } from '../../engine/contracts/ids.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { Endpoint } from '../../engine/contracts/wire/webhooks.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { writeMails } from './mail/add-mails.ts';
import type { MailOptions } from './mail/mail.ts';
import { payloadOf, type ToldOrder } from './payload.ts';

/** Something that became true, as a trigger wrote it down in the same transaction. */
export interface OutboxRow {
  id: number;
  type: string;
  sale_id: string;
  buyer_id: string | null;
  order_id: string | null;
  /** The refund or payment that it is about; empty where it is about the order alone. */
  subject: string;
  at: Date;
}

/** An event with what is told about its order; null where it is about a sale. */
export interface Told {
  row: OutboxRow;
  order: ToldOrder | null;
}

const takeOutbox = statement<OutboxRow>('take-outbox');
const readToldOrders = statement<ToldOrder>('read-told-orders');
const liveEndpoints = statement<{ endpoint_id: string; types: Endpoint['types'] }>('live-endpoints');
const addDeliveries = statement('add-deliveries');

/** More in one transaction would keep their rows locked longer, and commit no more a second. */
const batchMax = 500;

/**
 * Turns what is in the outbox into deliveries, and into mails where there is somewhere to send them, in one
 * commit: a row is gone from the outbox exactly when everybody's delivery is there. Any number of workers may
 * run this at once. Returns whether there is more.
 */
export function fanOutOnce(
  on: PostgresPool,
  mail: Pick<MailOptions, 'orderUrl'> | null,
): Promise<{ taken: number; more: boolean }> {
  return inTransaction(on, async (transaction) => {
    const rows = await takeOutbox(transaction, [batchMax]);
    const endpoints = rows.length > 0 ? await liveEndpoints(transaction, []) : [];
    if (rows.length > 0 && (endpoints.length > 0 || mail !== null)) {
      const told = await withOrders(transaction, rows.filter(isNews));
      await deliver(transaction, told, endpoints);
      if (mail !== null) await writeMails(transaction, told, mail);
    }
    return { taken: rows.length, more: rows.length === batchMax };
  });
}

async function deliver(
  transaction: Postgres,
  told: readonly Told[],
  endpoints: Awaited<ReturnType<typeof liveEndpoints>>,
): Promise<void> {
  const deliveries = told.flatMap((one) => {
    const takers = endpoints.filter(({ types }) => types === null || types.includes(one.row.type));
    if (takers.length === 0) return [];
    const payload = JSON.stringify(payloadOf(one));
    return takers.map(({ endpoint_id }) => ({
      delivery_id: newId('dlv'),
      endpoint_id,
      message_id: messageIdOf(one.row),
      type: one.row.type,
      payload,
    }));
  });
  if (deliveries.length === 0) return;
  const names = ['delivery_id', 'endpoint_id', 'message_id', 'type', 'payload'] as const;
  await addDeliveries(transaction, columns(deliveries, names));
}

/** General stock is run like a sale and is none: its orders are news, its own states are not. */
const isNews = ({ sale_id, order_id }: OutboxRow): boolean => order_id !== null || sale_id !== generalStockId;

async function withOrders(transaction: Postgres, rows: readonly OutboxRow[]): Promise<Told[]> {
  const ofOrders = rows.filter((row) => row.order_id !== null);
  const orders = await readToldOrders(transaction, [
    ofOrders.map((row) => row.buyer_id),
    ofOrders.map((row) => row.order_id),
    ofOrders.map((row) => row.subject),
  ]);
  const byKey = new Map(orders.map((order) => [`${order.order_id} ${order.subject}`, order]));
  return [...rows]
    .sort((a, b) => a.id - b.id)
    .map((row) => ({ row, order: byKey.get(`${row.order_id} ${row.subject}`) ?? null }));
}

/** Derived, not drawn: one event has one id, whatever endpoint it goes to and however often. */
const messageIdOf = (row: OutboxRow): string =>
  `msg_${createHash('sha256')
    .update(JSON.stringify([row.id, row.type, row.sale_id, row.order_id, row.subject]))
    .digest('hex')
    .slice(0, 32)}`;
