-- Moves an order, and tells its history who did it and why.
--
-- $1 buyer_id text  $2 order_id text  $3 from text  $4 to text  $5 by text  $6 actor_id text or null
-- $7 reason text or null
WITH moved AS (
  UPDATE orders SET status = $4 WHERE buyer_id = $1 AND order_id = $2 AND status = $3
  RETURNING buyer_id, order_id
)
INSERT INTO order_history (buyer_id, order_id, at, from_status, to_status, by, actor_id, reason)
SELECT buyer_id, order_id, clock_timestamp(), $3, $4, $5, $6, $7 FROM moved
RETURNING order_id;
