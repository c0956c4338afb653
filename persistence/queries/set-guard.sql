-- Sets a guard that is locked.
--
-- $1 sale_id text  $2 sku text  $3 committed integer
UPDATE sale_items SET committed = $3 WHERE sale_id = $1 AND sku = $2;
