-- A guest's cart, until the end of the transaction; one that is a buyer's is none.
--
-- $1 cart_id text
SELECT cart_id FROM carts WHERE cart_id = $1 AND buyer_id IS NULL FOR UPDATE;
