-- Payments with what it takes to charge and to settle them, by their ids alone; in no particular order.
--
-- $1 payment_id text[]
SELECT
  payments.payment_id, payments.buyer_id, payments.order_id, payments.sale_id, payments.state,
  payments.amount_minor, payments.currency, payments.payment_token, payments.decline_code, payments.created_at,
  payments.request_id,
  coalesce(orders.order_number, '') AS order_number,
  coalesce(orders.status, 'failed') AS order_status
FROM unnest($1::text[]) AS named (payment_id)
  JOIN payments ON payments.payment_id = named.payment_id
  LEFT JOIN LATERAL (
    SELECT order_number, status FROM orders
    WHERE buyer_id = payments.buyer_id AND order_id = payments.order_id LIMIT 1
  ) AS orders ON true;
