-- Waits for whoever is changing the order, and keeps others waiting until the end of the transaction. What is
-- known about it is read by the next statement, which sees what was waited for.
--
-- $1 buyer_id text  $2 order_id text
SELECT order_id FROM orders WHERE buyer_id = $1 AND order_id = $2 FOR NO KEY UPDATE;
