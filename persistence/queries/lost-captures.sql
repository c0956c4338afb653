-- The captured payments of orders of a sale.
--
-- $1 sale_id text  $2 order_id text[]
SELECT payment_id, order_id FROM payments
WHERE sale_id = $1 AND order_id = ANY ($2::text[]) AND state IN ('captured', 'refunded');
