-- Payments that a person must decide, oldest first, with what it takes to decide.
--
-- $1 those after this payment_id text, empty for the first page  $2 how many, integer
-- $3 this payment_id alone, whether or not it is unresolved, text or null
WITH named AS MATERIALIZED (
  (SELECT payment_id, buyer_id FROM payments
   WHERE $3::text IS NULL AND unresolved IS NOT NULL AND payment_id > $1
   ORDER BY payment_id LIMIT $2)
  UNION ALL
  SELECT payment_id, buyer_id FROM payments WHERE payment_id = $3
)
SELECT payments.payment_id, payments.buyer_id, payments.order_id, payments.sale_id, payments.state,
  payments.amount_minor, payments.amount_minor - payments.refunding_minor AS refundable_minor,
  payments.currency, payments.payment_method,
  coalesce(payments.provider, payments.asked) AS provider, payments.provider_reference,
  payments.decline_code, payments.unresolved, payments.created_at, payments.saga,
  payments.lease_until > now() AS is_acted_on,
  orders.order_number, orders.status AS order_status
FROM named
  JOIN payments ON payments.payment_id = named.payment_id AND payments.buyer_id = named.buyer_id
  LEFT JOIN LATERAL (
    SELECT order_number, status FROM orders
    WHERE buyer_id = payments.buyer_id AND order_id = payments.order_id LIMIT 1
  ) AS orders ON true
ORDER BY payments.payment_id;
