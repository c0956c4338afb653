import type pg from 'pg';
import type {
  OrderState,
  PaymentState,
  RefundState,
  RestockState,
} from '../../../engine/contracts/states.ts';

export interface OrderFact {
  id: string;
  number: string;
  buyer: string;
  status: OrderState;
  total: number;
  items: { sku: string; quantity: number }[];
  /** It was confirmed once, by its history. */
  wasConfirmed: boolean;
}

export interface PaymentFact {
  id: string;
  order: string;
  buyer: string;
  state: PaymentState;
  amount: number | null;
  refunding: number;
  provider: string | null;
}

export interface RefundFact {
  id: string;
  payment: string;
  state: RefundState;
  amount: number;
}

export interface RestockFact {
  id: string;
  order: string;
  buyer: string;
  sku: string;
  quantity: number;
  state: RestockState;
}

export interface KeyFact {
  buyer: string;
  operation: string;
  key: string;
  payment: string | null;
  status: number | null;
  body: string | null;
}

/** Everything that Postgres says at one moment about the one sale of a simulation, as it lies in the tables. */
export interface Facts {
  items: { sku: string; units: number; committed: number }[];
  orders: OrderFact[];
  payments: PaymentFact[];
  refunds: RefundFact[];
  restocks: RestockFact[];
  returns: { id: string; state: string }[];
  keys: KeyFact[];
  /** What attempts were given up with. */
  refusals: { buyer: string; body: string }[];
  /** What the ledger holds on the account of the sale's revenue, in minor units. */
  revenue: number;
  /** Orders that the guard refused: the first lock had failed. */
  guardRefusals: number;
  /** Rows that somebody still has to act on, by what they are. */
  open: Record<string, number>;
  /** Of the last event of the outbox that is committed here. */
  relayPosition: string | null;
}

/** Rows of a table as a JSON list. */
const list = (select: string) => `coalesce((SELECT jsonb_agg(to_jsonb(one)) FROM (${select}) AS one), '[]')`;

const factsQuery = `SELECT
  ${list('SELECT sku, units, committed FROM sale_items ORDER BY line')} AS items,
  ${list(`SELECT order_id AS id, order_number AS number, buyer_id AS buyer, status, total_minor AS total,
    (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY line) FROM order_items AS item
     WHERE item.buyer_id = bought.buyer_id AND item.order_id = bought.order_id) AS items,
    EXISTS (SELECT FROM order_history AS entry WHERE entry.buyer_id = bought.buyer_id
      AND entry.order_id = bought.order_id AND to_status = 'confirmed') AS "wasConfirmed"
    FROM orders AS bought ORDER BY order_id`)} AS orders,
  ${list(`SELECT payment_id AS id, order_id AS order, buyer_id AS buyer, state, amount_minor AS amount,
    refunding_minor AS refunding, provider FROM payments ORDER BY payment_id`)} AS payments,
  ${list('SELECT refund_id AS id, payment_id AS payment, state, amount_minor AS amount FROM refunds ORDER BY 1')}
    AS refunds,
  ${list(`SELECT restock_id AS id, order_id AS order, buyer_id AS buyer, sku, quantity, state FROM restocks
    ORDER BY 1, 4`)} AS restocks,
  ${list('SELECT return_id AS id, state FROM returns ORDER BY created_at, 1')} AS returns,
  ${list(`SELECT buyer_id AS buyer, operation, key, payment_id AS payment, status, body::text AS body
    FROM idempotency_keys ORDER BY 1, 2, 3`)} AS keys,
  ${list(`SELECT buyer_id AS buyer, refusal::text AS body FROM payments WHERE refusal IS NOT NULL
    ORDER BY payment_id`)} AS refusals,
  (SELECT coalesce(sum(CASE WHEN destination LIKE 'sale/%/revenue' THEN amount
      WHEN source LIKE 'sale/%/revenue' THEN -amount END), 0)::bigint FROM postings) AS revenue,
  (SELECT count(*)::int FROM guard_refusals) AS "guardRefusals",
  jsonb_build_object(
    'unconfirmed holds', (SELECT count(*) FROM unconfirmed_holds),
    'payments', (SELECT count(*) FROM payments WHERE state IN ('initiated', 'authorized')),
    'refunds', (SELECT count(*) FROM refunds WHERE state = 'initiated'),
    'restocks', (SELECT count(*) FROM restocks WHERE state IN ('owed', 'to_sale')),
    'unpublished sales', (SELECT count(*) FROM sales WHERE published_at IS NULL),
    'unpublished revisions', (SELECT count(*) FROM sales WHERE revision > published_revision)
  ) AS open,
  (SELECT position FROM sale_relays) AS "relayPosition"`;

/** Reads the facts in one statement. */
export async function readFacts(on: pg.ClientBase): Promise<Facts> {
  const { rows } = await on.query({ name: 'facts', text: factsQuery });
  const [facts] = rows as [Facts];
  return { ...facts, revenue: Number(facts.revenue) };
}
