-- Lets units of a sale be sold again, in Postgres: SKUs are locked in order.
--
-- $1 sale_id text  $2 sku text[]  $3 quantity integer[]
WITH freed AS (
  SELECT sku, sum(quantity) AS quantity
  FROM unnest($2::text[], $3::integer[]) AS freed (sku, quantity) GROUP BY sku
),
locked AS MATERIALIZED (
  SELECT sale_items.sku
  FROM sale_items JOIN freed ON freed.sku = sale_items.sku
  WHERE sale_items.sale_id = $1
  ORDER BY sale_items.sku
  FOR NO KEY UPDATE OF sale_items
)
UPDATE sale_items SET committed = committed - freed.quantity
FROM freed JOIN locked ON locked.sku = freed.sku
WHERE sale_items.sale_id = $1 AND sale_items.sku = freed.sku;
