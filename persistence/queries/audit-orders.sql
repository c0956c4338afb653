-- What Postgres holds of a sale's orders and payments, in one walk over its orders.
--
-- $1 sale_id text
SELECT
  count(*) FILTER (WHERE stands = 'confirmed') AS confirmed,
  count(*) FILTER (WHERE stands = 'pending') AS pending,
  count(*) FILTER (WHERE stands = 'failed') AS failed,
  count(*) FILTER (WHERE stands = 'cancelled') AS cancelled,
  coalesce(sum(paid.captured), 0)::bigint AS captured,
  coalesce(sum(paid.refunded), 0)::bigint AS refunded,
  coalesce(sum(paid.under_way), 0)::bigint AS under_way,
  coalesce(sum(paid.captured) FILTER (WHERE stands <> 'confirmed'), 0)::bigint AS without_order,
  coalesce(sum(greatest(paid.captured - 1, 0)), 0)::bigint AS duplicated,
  count(*) FILTER (WHERE stands = 'confirmed' AND paid.captured + paid.refunded = 0)
    AS confirmed_without_payment,
  coalesce(sum(paid.captured_minor) FILTER (WHERE stands = 'confirmed'), 0)::bigint AS captured_minor
FROM (
    SELECT buyer_id, order_id,
      CASE WHEN status IN ('pending', 'failed', 'cancelled') THEN status ELSE 'confirmed' END AS stands
    FROM orders WHERE sale_id = $1
  ) AS sale_order
  CROSS JOIN LATERAL (
    SELECT
      count(*) FILTER (WHERE state = 'captured') AS captured,
      count(*) FILTER (WHERE state = 'refunded') AS refunded,
      count(*) FILTER (WHERE state IN ('initiated', 'authorized')) AS under_way,
      sum(amount_minor) FILTER (WHERE state = 'captured') AS captured_minor
    FROM payments
    WHERE payments.buyer_id = sale_order.buyer_id AND payments.order_id = sale_order.order_id
  ) AS paid;
