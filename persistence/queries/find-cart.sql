-- Whose a cart is: a buyer's, part of a buyer's, or a guest's.
--
-- $1 cart_id text
SELECT buyer_id, merged_into FROM carts WHERE cart_id = $1;
