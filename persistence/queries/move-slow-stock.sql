-- Moves units of a slow sale. The sale's relay is locked.
--
-- $1 sale_id text  $2 sku text[]  $3 what becomes available integer[]  $4 what becomes sold integer[]
UPDATE slow_stock SET available = slow_stock.available + moved.available, sold = slow_stock.sold + moved.sold
FROM unnest($2::text[], $3::integer[], $4::integer[]) AS moved (sku, available, sold)
WHERE slow_stock.sale_id = $1 AND slow_stock.sku = moved.sku;
