-- A guest's cart, until the end of the transaction; one that is a buyer's, or part of one, is none.
--
-- $1 cart_id text
SELECT cart_id FROM carts WHERE cart_id = $1 AND buyer_id IS NULL AND merged_into IS NULL FOR UPDATE;
