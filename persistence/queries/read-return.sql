-- A return as it stands, and whether all units of its order were sent back, this return included.
--
-- $1 return_id text  $2 buyer_id text
SELECT returns.state, returns.reason, lines.lines,
  (SELECT coalesce(sum(return_items.quantity), 0) FROM returns AS other
     JOIN return_items ON return_items.return_id = other.return_id AND return_items.buyer_id = other.buyer_id
   WHERE other.buyer_id = returns.buyer_id AND other.order_id = returns.order_id
     AND (other.state IN ('approved', 'refunded') OR other.return_id = returns.return_id))
  = (SELECT sum(quantity) FROM order_items
     WHERE buyer_id = returns.buyer_id AND order_id = returns.order_id) AS completes_order
FROM returns LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY sku) AS lines
    FROM return_items WHERE return_id = returns.return_id AND buyer_id = returns.buyer_id
  ) AS lines ON true
WHERE returns.return_id = $1 AND returns.buyer_id = $2;
