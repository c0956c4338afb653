-- The lines of a cart, in the order in which they came.
--
-- $1 cart_id text
SELECT sku, quantity, unit_price_minor, currency FROM cart_lines WHERE cart_id = $1 ORDER BY added_at, sku;
