-- The second commit, after the money moved: captured payments, confirmed orders with their history and
-- final answers, and the postings. Only an initiated payment is settled, so a repeat changes nothing.
-- Returns the payments that this call settled, and where their orders stand: an order that had ended
-- before stays ended, and its capture is posted and given back: the refund is begun in this commit.
--
-- $1 payment_id text[]  $2 buyer_id text[]  $3 provider_reference text[]
-- $4 final body text[], each the JSON of a 201  $5 provider text[]  $6 who found out text[]
-- $7 the answer of keys whose orders had ended, text: the JSON of a 410 with {requestId} for the id of the request
WITH outcome AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS outcome (payment_id, buyer_id, provider_reference, body, provider, by)
),
-- coalesce() keeps the plan from starting at a partial index over every payment in that state.
due AS MATERIALIZED (
  SELECT outcome.payment_id, outcome.buyer_id, locked.order_id, locked.sale_id, locked.idempotency_key,
    locked.amount_minor, locked.currency, outcome.provider, outcome.provider_reference, outcome.body, outcome.by,
    locked.request_id
  FROM (SELECT * FROM outcome ORDER BY payment_id) AS outcome
    CROSS JOIN LATERAL (
      SELECT order_id, sale_id, idempotency_key, amount_minor, currency, request_id FROM payments
      WHERE payments.payment_id = outcome.payment_id AND payments.buyer_id = outcome.buyer_id
        AND coalesce(payments.state, '') IN ('initiated', 'authorized')
      FOR NO KEY UPDATE OF payments
    ) AS locked
),
confirmed AS (
  UPDATE orders SET status = 'confirmed', last_payment_error = NULL
  FROM due
  WHERE orders.buyer_id = due.buyer_id AND orders.order_id = due.order_id AND orders.status = 'pending'
  RETURNING orders.buyer_id, orders.order_id, orders.sale_id, orders.reservation_id, orders.currency,
    orders.total_minor, due.payment_id, due.idempotency_key, due.body, due.provider,
    nullif(due.by, 'saga') AS operator_id
),
late AS MATERIALIZED (
  SELECT * FROM due WHERE NOT coalesce(payment_id IN (SELECT payment_id FROM confirmed), false)
),
paid AS (
  UPDATE payments
  SET state = 'captured', provider = due.provider, provider_reference = due.provider_reference,
    payment_token = NULL, payment_tokens = NULL, next_action = NULL, unresolved = NULL, lease_until = NULL,
    settled_at = now(),
    refunding_minor =
      CASE WHEN due.payment_id IN (SELECT payment_id FROM late) THEN due.amount_minor ELSE 0 END,
    saga = payments.saga
      || jsonb_build_object('step', 'settle', 'outcome', 'captured', 'at', now(), 'by', due.by)
  FROM due
  WHERE payments.payment_id = due.payment_id AND payments.buyer_id = due.buyer_id
),
given_back AS (
  INSERT INTO refunds (
    refund_id, buyer_id, order_id, payment_id, sale_id, amount_minor, currency, reason, requested_by
  )
  SELECT 'rfd_' || substr(payment_id, 5), buyer_id, order_id, payment_id, sale_id, amount_minor, currency,
    'captured after the order had ended', 'the saga'
  FROM late WHERE amount_minor > 0
),
told AS (
  INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by, actor_id)
  SELECT buyer_id, order_id, 'pending', 'confirmed',
    CASE WHEN operator_id IS NULL THEN 'payment' ELSE 'operator' END, operator_id
  FROM confirmed
),
answered AS (
  UPDATE idempotency_keys SET status = 201, body = confirmed.body::json, final_at = now()
  FROM confirmed
  WHERE idempotency_keys.buyer_id = confirmed.buyer_id AND idempotency_keys.operation = 'pay'
    AND idempotency_keys.key = confirmed.idempotency_key
),
answered_late AS (
  UPDATE idempotency_keys
  SET status = 410, final_at = now(),
    body = replace($7, '"{requestId}"', to_json(coalesce(late.request_id, late.payment_id))::text)::json
  FROM late
  WHERE idempotency_keys.buyer_id = late.buyer_id AND idempotency_keys.operation = 'pay'
    AND idempotency_keys.key = late.idempotency_key
),
entry AS MATERIALIZED (
  SELECT 'order_confirmed' AS kind, buyer_id, order_id, sale_id, payment_id, currency,
    total_minor AS amount_minor, provider, nextval('ledger_transactions_id_seq') AS transaction_id
  FROM confirmed
  UNION ALL
  SELECT 'captured_late', buyer_id, order_id, sale_id, payment_id, currency, amount_minor, provider,
    nextval('ledger_transactions_id_seq')
  FROM late
),
posted AS (
  INSERT INTO ledger_transactions (id, kind, sale_id, order_id, payment_id, reference)
  OVERRIDING SYSTEM VALUE
  SELECT transaction_id, kind, sale_id, order_id, payment_id,
    CASE WHEN kind = 'captured_late' THEN payment_id END
  FROM entry
),
moved AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.transaction_id, 0, 'provider/' || entry.provider, 'sale/' || entry.sale_id || '/revenue',
    entry.currency, entry.amount_minor
  FROM entry
  UNION ALL
  SELECT entry.transaction_id, item.line + 1, 'sale/' || entry.sale_id || '/stock',
    'sale/' || entry.sale_id || '/sold', 'unit/' || item.sku, item.quantity
  FROM entry CROSS JOIN LATERAL (
    SELECT line, sku, quantity FROM order_items
    WHERE buyer_id = entry.buyer_id AND order_id = entry.order_id OFFSET 0
  ) AS item
  WHERE entry.kind = 'order_confirmed'
),
unheard AS (
  INSERT INTO unconfirmed_holds (reservation_id, sale_id, payment_id)
  SELECT reservation_id, sale_id, payment_id FROM confirmed
  ON CONFLICT DO NOTHING
)
SELECT due.payment_id,
  coalesce(due.payment_id IN (SELECT payment_id FROM confirmed), false) AS order_is_confirmed
FROM due;
