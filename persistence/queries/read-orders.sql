-- A buyer's orders as they are shown, newest first: by when they were ordered, not by when their units were held,
-- which is what their ids sort by. The payment is that which has the money,
-- else the latest that was begun.
--
-- $1 buyer_id text
-- $2 only this order_id text, or null
-- $3 only what comes after this order_id text of theirs, or null
-- $4 how many, integer
SELECT
  page.order_id, page.order_number, page.sale_id, page.reservation_id, page.status, page.currency,
  page.subtotal_minor, page.discount_minor, page.shipping_minor, page.tax_minor, page.total_minor,
  page.coupon_code, page.shipping_address, page.billing_address, page.last_payment_error, page.created_at,
  payment.state AS payment_state,
  items.items,
  history.history,
  coalesce(refunds.refunds, '[]') AS refunds,
  coalesce(returns.returns, '[]') AS returns
FROM (
    SELECT * FROM orders
    WHERE buyer_id = $1 AND ($2::text IS NULL OR order_id = $2)
      AND ($3::text IS NULL OR (created_at, order_id) < (
        SELECT last_shown.created_at, last_shown.order_id FROM orders AS last_shown
        WHERE last_shown.buyer_id = $1 AND last_shown.order_id = $3
      ))
    ORDER BY created_at DESC, order_id DESC
    LIMIT $4
  ) AS page
  LEFT JOIN LATERAL (
    SELECT state FROM payments
    WHERE buyer_id = page.buyer_id AND order_id = page.order_id
    ORDER BY (state IN ('captured', 'refunded')) DESC, (state = 'abandoned'), created_at DESC, payment_id DESC
    LIMIT 1
  ) AS payment ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(order_items) ORDER BY line) AS items FROM order_items
    WHERE buyer_id = page.buyer_id AND order_id = page.order_id
  ) AS items ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(order_history) ORDER BY at, from_status NULLS FIRST) AS history
    FROM order_history
    WHERE buyer_id = page.buyer_id AND order_id = page.order_id
  ) AS history ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(refunds) ORDER BY created_at, refund_id) AS refunds FROM refunds
    WHERE buyer_id = page.buyer_id AND order_id = page.order_id
  ) AS refunds ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(returned) || jsonb_build_object('items', (
        SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY sku) FROM return_items
        WHERE return_items.return_id = returned.return_id AND return_items.buyer_id = returned.buyer_id
      )) ORDER BY created_at, return_id) AS returns
    FROM returns AS returned
    WHERE buyer_id = page.buyer_id AND order_id = page.order_id
  ) AS returns ON true
ORDER BY page.created_at DESC, page.order_id DESC;
