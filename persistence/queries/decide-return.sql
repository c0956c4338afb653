-- Approves or rejects a return; the units of a rejected one may be asked for again.
--
-- $1 return_id text  $2 buyer_id text  $3 state text  $4 why, text or null
WITH decided AS (
  UPDATE returns SET state = $3, decided_at = now(), decision_reason = $4
  WHERE return_id = $1 AND buyer_id = $2 AND state = 'requested'
  RETURNING return_id, buyer_id, order_id
)
UPDATE order_items SET returned = returned - return_items.quantity
FROM decided JOIN return_items
  ON return_items.return_id = decided.return_id AND return_items.buyer_id = decided.buyer_id
WHERE $3 = 'rejected' AND order_items.buyer_id = decided.buyer_id
  AND order_items.order_id = decided.order_id AND order_items.sku = return_items.sku;
