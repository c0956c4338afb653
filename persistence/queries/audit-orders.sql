-- What Postgres holds of a sale's orders and payments, in one walk over its orders.
--
-- $1 sale_id text
SELECT
  count(*) FILTER (WHERE stands = 'confirmed') AS confirmed,
  count(*) FILTER (WHERE stands = 'pending') AS pending,
  count(*) FILTER (WHERE stands = 'failed') AS failed,
  count(*) FILTER (WHERE stands = 'cancelled') AS cancelled,
  count(*) FILTER (WHERE stands = 'refunded') AS refunded_orders,
  coalesce(sum(paid.captured + paid.refunded), 0)::bigint AS captured,
  coalesce(sum(paid.refunded), 0)::bigint AS refunded,
  coalesce(sum(paid.kept) FILTER (WHERE stands <> 'confirmed'), 0)::bigint AS without_order,
  coalesce(sum(greatest(paid.captured + paid.refunded - 1, 0)), 0)::bigint AS duplicated
FROM (
    SELECT buyer_id, order_id,
      CASE WHEN status IN ('pending', 'failed', 'cancelled', 'refunded') THEN status ELSE 'confirmed' END
        AS stands
    FROM orders WHERE sale_id = $1
  ) AS sale_order
  CROSS JOIN LATERAL (
    SELECT
      count(*) FILTER (WHERE state = 'captured') AS captured,
      count(*) FILTER (WHERE state = 'refunded') AS refunded,
      -- Captured, and no refund begun for all of it.
      count(*) FILTER (WHERE state = 'captured' AND amount_minor > refunding_minor) AS kept
    FROM payments
    WHERE payments.buyer_id = sale_order.buyer_id AND payments.order_id = sale_order.order_id
  ) AS paid;
