-- Remembers for which order a cart is checked out.
--
-- $1 cart_id text  $2 order_id text
INSERT INTO cart_checkouts (cart_id, order_id)
SELECT cart_id, $2 FROM carts WHERE cart_id = $1
ON CONFLICT DO NOTHING;
