-- A new cart; of a buyer who has one already, that one.
--
-- $1 cart_id text  $2 buyer_id text or null
INSERT INTO carts (cart_id, buyer_id) VALUES ($1, $2)
ON CONFLICT (buyer_id) DO UPDATE SET touched_at = now()
RETURNING cart_id;
