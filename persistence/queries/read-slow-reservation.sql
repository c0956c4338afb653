-- A buyer's own reservation of a sale that sells slowly. A hold whose deadline has passed has ended.
--
-- $1 sale_id text  $2 reservation_id text  $3 buyer_id text
SELECT hold.items, (extract(epoch FROM hold.deadline) * 1000)::bigint AS deadline_ms, hold.quote_id,
  CASE WHEN hold.state <> 'held' THEN hold.state
    WHEN hold.is_paid THEN 'confirmed'
    WHEN hold.has_money OR hold.is_pinned THEN 'paying'
    WHEN hold.deadline <= now() THEN 'expired'
    ELSE 'held'
  END AS state
FROM slow_holds AS hold JOIN sales ON sales.id = hold.sale_id AND sales.mode = 'slow'
WHERE hold.sale_id = $1 AND hold.reservation_id = $2 AND hold.buyer_id = $3;
