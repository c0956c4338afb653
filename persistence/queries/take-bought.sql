-- Takes out of a buyer's cart what its checkouts have bought, each once, whatever became of the order since. Also
-- forgets checkouts that nobody can pay any more: the longest hold is a day, and so is its extension.
--
-- $1 cart_id text, locked  $2 buyer_id text
WITH ended AS MATERIALIZED (
  DELETE FROM cart_checkouts
  WHERE cart_id = $1 AND (
    checked_out_at < now() - interval '7 days'
    OR EXISTS (
      SELECT FROM order_history
      WHERE buyer_id = $2 AND order_history.order_id = cart_checkouts.order_id AND to_status = 'confirmed'
    )
  )
  RETURNING order_id
),
bought AS MATERIALIZED (
  SELECT item.sku, sum(item.quantity) AS quantity
  FROM ended
    CROSS JOIN LATERAL (
      SELECT order_id FROM order_history
      WHERE buyer_id = $2 AND order_id = ended.order_id AND to_status = 'confirmed' OFFSET 0
    ) AS confirmed
    CROSS JOIN LATERAL (
      SELECT sku, quantity FROM order_items WHERE buyer_id = $2 AND order_id = ended.order_id OFFSET 0
    ) AS item
  GROUP BY item.sku
),
emptied AS (
  DELETE FROM cart_lines USING bought
  WHERE cart_lines.cart_id = $1 AND cart_lines.sku = bought.sku AND cart_lines.quantity <= bought.quantity
)
UPDATE cart_lines SET quantity = cart_lines.quantity - bought.quantity
FROM bought
WHERE cart_lines.cart_id = $1 AND cart_lines.sku = bought.sku AND cart_lines.quantity > bought.quantity;
