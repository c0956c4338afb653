-- What Postgres holds of a sale's units, by SKU: the guard, the orders, and the ledger.
--
-- $1 sale_id text
WITH ordered AS MATERIALIZED (
  SELECT item.sku,
    coalesce(sum(item.quantity) FILTER (WHERE orders.status = 'pending'), 0)::bigint AS pending,
    coalesce(sum(item.quantity) FILTER (WHERE orders.status NOT IN ('pending', 'failed', 'cancelled')), 0)::bigint
      AS confirmed
  FROM orders CROSS JOIN LATERAL (
    SELECT sku, quantity FROM order_items
    WHERE order_items.buyer_id = orders.buyer_id AND order_items.order_id = orders.order_id OFFSET 0
  ) AS item
  WHERE orders.sale_id = $1
  GROUP BY item.sku
),
returned AS MATERIALIZED (
  SELECT sku,
    sum(quantity) FILTER (WHERE restock_id = order_id)::bigint AS cancelled,
    sum(quantity) FILTER (WHERE state IN ('to_sale', 'in_sale'))::bigint AS in_sale
  FROM restocks
  WHERE sale_id = $1
  GROUP BY sku
),
posted AS MATERIALIZED (
  SELECT substr(moved.asset, 6) AS sku,
    sum(CASE WHEN moved.destination = 'sale/' || $1 || '/sold' THEN moved.amount ELSE -moved.amount END)::bigint
      AS sold
  FROM ledger_transactions CROSS JOIN LATERAL (
    SELECT source, destination, asset, amount FROM postings
    WHERE postings.transaction_id = ledger_transactions.id OFFSET 0
  ) AS moved
  WHERE ledger_transactions.sale_id = $1 AND 'sale/' || $1 || '/sold' IN (moved.source, moved.destination)
  GROUP BY moved.asset
)
SELECT sale_items.sku, sale_items.units, sale_items.committed,
  coalesce(ordered.pending, 0) AS pending,
  -- Confirmed once, and not back in the sale: an order that is cancelled later owes its units until then.
  coalesce(ordered.confirmed, 0) + coalesce(returned.cancelled, 0) - coalesce(returned.in_sale, 0)
    AS confirmed,
  coalesce(posted.sold, 0) AS posted
FROM sale_items
  LEFT JOIN ordered ON ordered.sku = sale_items.sku
  LEFT JOIN returned ON returned.sku = sale_items.sku
  LEFT JOIN posted ON posted.sku = sale_items.sku
WHERE sale_items.sale_id = $1
ORDER BY sale_items.line;
