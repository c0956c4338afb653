-- A buyer's cart, until the end of the transaction.
--
-- $1 buyer_id text
SELECT cart_id FROM carts WHERE buyer_id = $1 FOR UPDATE;
