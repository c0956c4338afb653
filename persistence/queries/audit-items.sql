-- What Postgres holds of a sale's units, by SKU: the guard, the orders, and the ledger.
--
-- $1 sale_id text
WITH ordered AS (
  SELECT order_items.sku,
    coalesce(sum(quantity) FILTER (WHERE status = 'pending'), 0)::bigint AS pending,
    coalesce(sum(quantity) FILTER (WHERE status NOT IN ('pending', 'failed', 'cancelled')), 0)::bigint
      AS confirmed
  FROM orders JOIN order_items
    ON order_items.buyer_id = orders.buyer_id AND order_items.order_id = orders.order_id
  WHERE orders.sale_id = $1
  GROUP BY order_items.sku
),
posted AS (
  SELECT substr(asset, 6) AS sku,
    sum(CASE WHEN destination = 'sale/' || $1 || '/sold' THEN amount ELSE -amount END)::bigint AS sold
  FROM ledger_transactions JOIN postings ON postings.transaction_id = ledger_transactions.id
  WHERE ledger_transactions.sale_id = $1 AND asset LIKE 'unit/%'
    AND 'sale/' || $1 || '/sold' IN (source, destination)
  GROUP BY asset
)
SELECT sale_items.sku, sale_items.units, sale_items.committed,
  coalesce(ordered.pending, 0) AS pending, coalesce(ordered.confirmed, 0) AS confirmed,
  coalesce(posted.sold, 0) AS posted
FROM sale_items
  LEFT JOIN ordered ON ordered.sku = sale_items.sku
  LEFT JOIN posted ON posted.sku = sale_items.sku
WHERE sale_items.sale_id = $1
ORDER BY sale_items.line;
