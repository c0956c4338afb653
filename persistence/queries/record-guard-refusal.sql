-- Keeps that the guard refused an order: the first lock had failed.
--
-- $1 payment_id text  $2 sale_id text  $3 order_id text
INSERT INTO guard_refusals (payment_id, sale_id, order_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING;
