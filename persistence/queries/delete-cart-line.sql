-- Takes a SKU out of a cart.
--
-- $1 cart_id text  $2 sku text
DELETE FROM cart_lines WHERE cart_id = $1 AND sku = $2;
