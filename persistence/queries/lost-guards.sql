-- SKUs whose guard does not count what their orders say: the units of pending orders, and of those that were
-- confirmed once and are not back in the sale.
--
-- $1 sale_id text
WITH line AS MATERIALIZED (
  SELECT item.sku, item.quantity, orders.status = 'pending' AS is_pending
  FROM orders
    JOIN order_items AS item ON item.buyer_id = orders.buyer_id AND item.order_id = orders.order_id
  WHERE orders.sale_id = $1
    AND (orders.status NOT IN ('failed', 'cancelled') OR EXISTS (
      SELECT FROM order_history AS moved
      WHERE moved.buyer_id = orders.buyer_id AND moved.order_id = orders.order_id AND moved.to_status = 'confirmed'
    ))
),
ordered AS (
  SELECT sku, coalesce(sum(quantity) FILTER (WHERE is_pending), 0)::bigint AS pending,
    coalesce(sum(quantity) FILTER (WHERE NOT is_pending), 0)::bigint AS confirmed
  FROM line GROUP BY sku
),
returned AS (
  SELECT sku, sum(quantity)::bigint AS quantity
  FROM restocks WHERE sale_id = $1 AND state IN ('to_sale', 'in_sale') GROUP BY sku
)
SELECT sale_items.sku, sale_items.units, sale_items.committed, coalesce(ordered.pending, 0) AS pending,
  coalesce(ordered.confirmed, 0) - coalesce(returned.quantity, 0) AS confirmed
FROM sale_items
  LEFT JOIN ordered ON ordered.sku = sale_items.sku
  LEFT JOIN returned ON returned.sku = sale_items.sku
WHERE sale_items.sale_id = $1
  AND sale_items.committed
    <> coalesce(ordered.pending, 0) + coalesce(ordered.confirmed, 0) - coalesce(returned.quantity, 0)
ORDER BY sale_items.sku;
