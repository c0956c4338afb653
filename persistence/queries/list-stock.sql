-- A SKU of general stock, new and without units, or with another title and price.
--
-- $1 sku text  $2 title text  $3 price_minor bigint  $4 currency text
INSERT INTO sale_items (sale_id, sku, line, title, price_minor, currency, units)
SELECT '_general', $1, coalesce(max(line) + 1, 0), $2, $3, $4, 0 FROM sale_items WHERE sale_id = '_general'
ON CONFLICT (sale_id, sku) DO UPDATE
SET title = excluded.title, price_minor = excluded.price_minor, currency = excluded.currency;
