-- Where the units of a sale are that begins to sell slowly.
--
-- $1 sale_id text  $2 sku text[]  $3 units integer[]  $4 available integer[]  $5 sold integer[]
INSERT INTO slow_stock (sale_id, sku, units, available, sold)
SELECT $1, count.*
FROM unnest($2::text[], $3::integer[], $4::integer[], $5::integer[]) AS count (sku, units, available, sold);
