-- Fails an order whose hold has ended by the journal, and lets the guard fall, as the relay does where the order
-- is there in time. The order is locked before, so that no payment of it begins meanwhile. Returns it, or no row
-- where its hold lives, or a payment may still move money.
--
-- $1 sale_id text  $2 order_id text
WITH ended AS MATERIALIZED (
  SELECT buyer_id, type FROM reservation_events
  WHERE sale_id = $1 AND reservation_id = 'rsv_' || substr($2, 5)
  ORDER BY position_ms DESC, position_n DESC LIMIT 1
),
failed AS (
  UPDATE orders SET status = 'failed'
  FROM ended
  WHERE ended.type IN ('reservation.released', 'reservation.expired')
    AND orders.buyer_id = ended.buyer_id AND orders.order_id = $2 AND orders.sale_id = $1
    AND orders.status = 'pending'
    AND NOT EXISTS (
      SELECT FROM payments
      WHERE payments.buyer_id = ended.buyer_id AND payments.order_id = $2
        AND payments.state IN ('initiated', 'authorized', 'captured')
    )
  RETURNING orders.buyer_id, orders.order_id, orders.coupon_code, ended.type
),
told AS (
  INSERT INTO order_history (buyer_id, order_id, from_status, to_status, by, reason)
  SELECT buyer_id, order_id, 'pending', 'failed', 'reconciler', type FROM failed
),
freed AS MATERIALIZED (
  SELECT item.sku, sum(item.quantity) AS quantity
  FROM failed CROSS JOIN LATERAL (
    SELECT sku, quantity FROM order_items
    WHERE buyer_id = failed.buyer_id AND order_id = failed.order_id OFFSET 0
  ) AS item
  GROUP BY item.sku
),
-- Given back by gives_coupons_back afterwards, and locked before sale items, as by everybody.
coupon AS MATERIALIZED (
  SELECT coupons.code FROM coupons JOIN failed ON failed.coupon_code = coupons.code
  FOR NO KEY UPDATE OF coupons
),
locked AS MATERIALIZED (
  SELECT sale_items.sku
  FROM sale_items JOIN freed ON freed.sku = sale_items.sku
  WHERE sale_items.sale_id = $1 AND (SELECT count(*) FROM coupon) >= 0
  ORDER BY sale_items.sku
  FOR NO KEY UPDATE OF sale_items
),
guard AS (
  UPDATE sale_items SET committed = committed - freed.quantity
  FROM freed JOIN locked ON locked.sku = freed.sku
  WHERE sale_items.sale_id = $1 AND sale_items.sku = freed.sku
)
SELECT order_id FROM failed;
