-- Sets how many of a SKU a cart has, at the price that its shopper sees now.
--
-- $1 cart_id text  $2 sku text  $3 quantity integer  $4 unit_price_minor bigint  $5 currency text
WITH touched AS (
  UPDATE carts SET touched_at = now() WHERE cart_id = $1
)
INSERT INTO cart_lines (cart_id, sku, quantity, unit_price_minor, currency) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (cart_id, sku) DO UPDATE
SET quantity = excluded.quantity, unit_price_minor = excluded.unit_price_minor, currency = excluded.currency;
