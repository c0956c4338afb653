-- The second commit, after the money moved: captured payments, confirmed orders with their history and
-- final answers, and the postings. Only an initiated payment is settled, so a repeat changes nothing.
-- Returns the payments that this call settled, and where their orders stand: an order that had ended
-- before stays ended, and its capture is on record.
--
-- $1 payment_id text[]  $2 buyer_id text[]  $3 provider_reference text[]
-- $4 final body text[], each the JSON of a 201
-- $5 provider text
WITH outcome AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS outcome (payment_id, buyer_id, provider_reference, body)
),
-- coalesce() keeps the plan from starting at a partial index over every payment in that state.
paid AS (
  UPDATE payments
  SET state = 'captured', provider = $5, provider_reference = outcome.provider_reference,
    payment_token = NULL, settled_at = now()
  FROM outcome
  WHERE payments.payment_id = outcome.payment_id AND payments.buyer_id = outcome.buyer_id
    AND coalesce(payments.state, '') IN ('initiated', 'authorized')
  RETURNING payments.payment_id, payments.buyer_id, payments.order_id, payments.idempotency_key, outcome.body
),
confirmed AS (
  UPDATE orders SET status = 'confirmed', last_payment_error = NULL
  FROM paid
  WHERE orders.buyer_id = paid.buyer_id AND orders.order_id = paid.order_id AND orders.status = 'pending'
  RETURNING orders.buyer_id, orders.order_id, orders.sale_id, orders.reservation_id, orders.currency,
    orders.total_minor, paid.payment_id, paid.idempotency_key, paid.body
),
told AS (
  INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by)
  SELECT buyer_id, order_id, 'pending', 'confirmed', 'payment' FROM confirmed
),
answered AS (
  UPDATE idempotency_keys SET status = 201, body = confirmed.body::json, final_at = now()
  FROM confirmed
  WHERE idempotency_keys.buyer_id = confirmed.buyer_id AND idempotency_keys.operation = 'pay'
    AND idempotency_keys.key = confirmed.idempotency_key
),
entry AS MATERIALIZED (
  SELECT confirmed.*, nextval('ledger_transactions_id_seq') AS transaction_id FROM confirmed
),
posted AS (
  INSERT INTO ledger_transactions (id, kind, sale_id, order_id, payment_id)
  OVERRIDING SYSTEM VALUE
  SELECT transaction_id, 'order_confirmed', sale_id, order_id, payment_id FROM entry
),
moved AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.transaction_id, 0, 'provider/' || $5, 'sale/' || entry.sale_id || '/revenue',
    entry.currency, entry.total_minor
  FROM entry
  UNION ALL
  SELECT entry.transaction_id, item.line + 1, 'sale/' || entry.sale_id || '/stock',
    'sale/' || entry.sale_id || '/sold', 'unit/' || item.sku, item.quantity
  FROM entry CROSS JOIN LATERAL (
    SELECT line, sku, quantity FROM order_items
    WHERE buyer_id = entry.buyer_id AND order_id = entry.order_id OFFSET 0
  ) AS item
),
unheard AS (
  INSERT INTO unconfirmed_holds (reservation_id, sale_id, payment_id)
  SELECT reservation_id, sale_id, payment_id FROM confirmed
  ON CONFLICT DO NOTHING
)
SELECT paid.payment_id,
  coalesce(paid.payment_id IN (SELECT payment_id FROM confirmed), false) AS order_is_confirmed
FROM paid;
