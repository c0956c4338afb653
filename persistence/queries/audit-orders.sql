-- What Postgres holds of a sale's orders and payments.
--
-- $1 sale_id text
WITH sale_order AS MATERIALIZED (
  SELECT buyer_id, order_id, status, total_minor FROM orders WHERE sale_id = $1
),
sale_payment AS MATERIALIZED (
  SELECT payments.state, payments.amount_minor, sale_order.buyer_id, sale_order.order_id, sale_order.status
  FROM sale_order JOIN payments
    ON payments.buyer_id = sale_order.buyer_id AND payments.order_id = sale_order.order_id
)
SELECT
  (SELECT count(*) FROM sale_order WHERE status NOT IN ('pending', 'failed', 'cancelled')) AS confirmed,
  (SELECT count(*) FROM sale_order WHERE status = 'pending') AS pending,
  (SELECT count(*) FROM sale_order WHERE status = 'failed') AS failed,
  (SELECT count(*) FROM sale_order WHERE status = 'cancelled') AS cancelled,
  (SELECT count(*) FROM sale_payment WHERE state = 'captured') AS captured,
  (SELECT count(*) FROM sale_payment WHERE state = 'refunded') AS refunded,
  (SELECT count(*) FROM sale_payment WHERE state IN ('initiated', 'authorized')) AS under_way,
  (SELECT count(*) FROM sale_payment WHERE state = 'captured' AND status IN ('pending', 'failed', 'cancelled'))
    AS without_order,
  (SELECT coalesce(sum(captures - 1), 0)::bigint FROM (
     SELECT count(*) AS captures FROM sale_payment WHERE state = 'captured' GROUP BY buyer_id, order_id
   ) AS of_order) AS duplicated,
  (SELECT count(*) FROM sale_order
   WHERE status NOT IN ('pending', 'failed', 'cancelled') AND NOT EXISTS (
     SELECT FROM sale_payment
     WHERE sale_payment.buyer_id = sale_order.buyer_id AND sale_payment.order_id = sale_order.order_id
       AND state IN ('captured', 'refunded')
   )) AS confirmed_without_payment,
  (SELECT coalesce(sum(amount_minor), 0)::bigint FROM sale_payment
   WHERE state = 'captured' AND status NOT IN ('pending', 'failed', 'cancelled')) AS captured_minor;
