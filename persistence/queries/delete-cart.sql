-- Takes a cart away, with its lines.
--
-- $1 cart_id text
DELETE FROM carts WHERE cart_id = $1;
