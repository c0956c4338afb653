-- Sets the units of SKUs, and posts what comes from general stock, or goes back to it. committed_within_units
-- refuses to take away what is being paid or sold.
--
-- $1 sale_id text  $2 sku text[]  $3 units integer[]
WITH wanted AS (
  SELECT * FROM unnest($2::text[], $3::integer[]) WITH ORDINALITY AS wanted (sku, units, place)
),
present AS MATERIALIZED (
  SELECT sku, units FROM sale_items WHERE sale_id = $1 AND sku = ANY ($2) ORDER BY sku FOR NO KEY UPDATE
),
difference AS MATERIALIZED (
  SELECT wanted.sku, wanted.place, wanted.units, wanted.units - present.units AS gained
  FROM wanted JOIN present ON present.sku = wanted.sku
  WHERE wanted.units <> present.units
),
changed AS (
  UPDATE sale_items SET units = difference.units
  FROM difference
  WHERE sale_items.sale_id = $1 AND sale_items.sku = difference.sku
),
entry AS (
  INSERT INTO ledger_transactions (kind, sale_id)
  SELECT 'units_adjusted', $1 WHERE EXISTS (SELECT FROM difference)
  RETURNING id
)
INSERT INTO postings (transaction_id, line, source, destination, asset, amount)
SELECT entry.id, place - 1,
  CASE WHEN gained > 0 THEN 'stock/general' ELSE 'sale/' || $1 || '/stock' END,
  CASE WHEN gained > 0 THEN 'sale/' || $1 || '/stock' ELSE 'stock/general' END,
  'unit/' || sku, abs(gained)
FROM entry, difference;
