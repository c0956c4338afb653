-- Which of these orders were confirmed, whatever became of them since.
--
-- $1 buyer_id text[]  $2 order_id text[]
SELECT moved.order_id
FROM unnest($1::text[], $2::text[]) AS named (buyer_id, order_id)
  JOIN order_history AS moved ON moved.buyer_id = named.buyer_id AND moved.order_id = named.order_id
WHERE moved.to_status = 'confirmed';
