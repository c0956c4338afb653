-- Money that is back: the refund, its return, the ledger entry, and, with the last of a payment, the payment, an order
-- that was returned, and every return that waits for money: its own refund may have been refused. Runs while its order
-- is locked, so that two last refunds see each other. Only an initiated refund is settled, so a repeat changes nothing.
--
-- $1 refund_id text  $2 buyer_id text  $3 provider_reference text, null of what was paid outside
-- coalesce() keeps the plan from the partial index over every refund that is open.
WITH settled AS MATERIALIZED (
  UPDATE refunds SET state = 'refunded', provider_reference = $3, settled_at = now()
  WHERE refund_id = $1 AND buyer_id = $2 AND coalesce(state, '') = 'initiated'
  RETURNING refund_id, buyer_id, order_id, payment_id, sale_id, return_id, amount_minor, currency, reason,
    is_outside
),
paid_back AS MATERIALIZED (
  UPDATE payments SET state = 'refunded'
  FROM settled
  WHERE payments.buyer_id = settled.buyer_id AND payments.payment_id = settled.payment_id
    AND coalesce(payments.state, '') = 'captured'
    AND payments.amount_minor = settled.amount_minor + (
      SELECT coalesce(sum(amount_minor), 0) FROM refunds AS earlier
      WHERE earlier.buyer_id = settled.buyer_id AND earlier.order_id = settled.order_id
        AND earlier.payment_id = settled.payment_id AND earlier.state = 'refunded'
    )
  RETURNING payments.buyer_id, payments.order_id, settled.reason
),
closed AS (
  UPDATE returns SET state = 'refunded'
  FROM settled
  WHERE returns.buyer_id = settled.buyer_id AND returns.order_id = settled.order_id
    AND returns.state = 'approved'
    AND (returns.return_id = settled.return_id OR EXISTS (SELECT FROM paid_back))
),
moved AS (
  UPDATE orders SET status = 'refunded'
  FROM paid_back
  WHERE orders.buyer_id = paid_back.buyer_id AND orders.order_id = paid_back.order_id
    AND orders.status = 'returned'
  RETURNING orders.buyer_id, orders.order_id, paid_back.reason
),
told AS (
  INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by, reason)
  SELECT buyer_id, order_id, 'returned', 'refunded', 'payment', reason FROM moved
),
entry AS (
  INSERT INTO ledger_transactions (kind, sale_id, order_id, payment_id, reference)
  SELECT 'order_refunded', sale_id, order_id, payment_id, refund_id FROM settled
  RETURNING id, sale_id, payment_id
),
posted AS (
  INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
  SELECT entry.id, 0, 'sale/' || entry.sale_id || '/revenue',
    CASE WHEN settled.is_outside THEN 'outside/paid-back' ELSE 'provider/' || paid.provider END,
    settled.currency, settled.amount_minor
  FROM entry CROSS JOIN settled CROSS JOIN LATERAL (
    SELECT provider FROM payments
    WHERE payments.buyer_id = settled.buyer_id AND payments.payment_id = settled.payment_id LIMIT 1
  ) AS paid
)
SELECT refund_id, buyer_id, order_id FROM settled;
