-- Locks the guard of a SKU: whoever would move it waits, and whoever moved it has committed.
--
-- $1 sale_id text  $2 sku text
SELECT committed FROM sale_items WHERE sale_id = $1 AND sku = $2 FOR NO KEY UPDATE;
