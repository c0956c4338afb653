-- What decides about changes of an order: its state and money, its lines, the payment that counts, and how
-- many milliseconds ago it was delivered.
--
-- $1 buyer_id text  $2 order_id text
SELECT
  orders.buyer_id, orders.order_id, orders.order_number, orders.sale_id, orders.reservation_id,
  orders.status, orders.currency, orders.subtotal_minor, orders.discount_minor, orders.tax_minor,
  orders.total_minor, orders.shipping_address IS NOT NULL AS has_address,
  lines.lines,
  payment.payment_id, payment.state AS payment_state,
  coalesce(payment.amount_minor - payment.refunding_minor, 0) AS refundable_minor,
  (SELECT (extract(epoch FROM now() - at) * 1000)::bigint FROM order_history
   WHERE buyer_id = orders.buyer_id AND order_id = orders.order_id AND to_status = 'delivered')
    AS delivered_ms_ago
FROM orders
  LEFT JOIN LATERAL (
    SELECT payment_id, state, amount_minor, refunding_minor FROM payments
    WHERE buyer_id = orders.buyer_id AND order_id = orders.order_id
      AND state IN ('initiated', 'authorized', 'captured', 'refunded')
    ORDER BY (state = 'captured') DESC, created_at DESC LIMIT 1
  ) AS payment ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'returned', returned,
      'unitPriceMinor', unit_price_minor) ORDER BY sku) AS lines
    FROM order_items WHERE buyer_id = orders.buyer_id AND order_id = orders.order_id
  ) AS lines ON true
WHERE orders.buyer_id = $1 AND orders.order_id = $2;
