-- What is told about orders, in no particular order, with the refund that an event is about.
--
-- $1 buyer_id text[]  $2 order_id text[]  $3 refund_id text[], empty where there is none
SELECT named.order_id, named.refund_id, orders.buyer_id, orders.order_number, orders.currency,
  orders.subtotal_minor, orders.discount_minor, orders.shipping_minor, orders.tax_minor, orders.total_minor,
  orders.buyer_email, orders.last_payment_error ->> 'declineCode' AS decline_code,
  refund.amount_minor AS refund_minor, refund.reason AS refund_reason,
  items.items
FROM unnest($1::text[], $2::text[], $3::text[]) AS named (buyer_id, order_id, refund_id)
  JOIN orders ON orders.buyer_id = named.buyer_id AND orders.order_id = named.order_id
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'title', title, 'quantity', quantity,
      'lineTotalMinor', line_total_minor) ORDER BY line) AS items
    FROM order_items WHERE buyer_id = named.buyer_id AND order_id = named.order_id
  ) AS items ON true
  LEFT JOIN LATERAL (
    SELECT amount_minor, reason FROM refunds
    WHERE refunds.refund_id = named.refund_id AND refunds.buyer_id = named.buyer_id
  ) AS refund ON true;
