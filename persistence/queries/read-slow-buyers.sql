-- What buyers of a slow sale have: everything of theirs that counts.
--
-- $1 sale_id text  $2 buyer_id text[]
SELECT hold.buyer_id, hold.reservation_id, hold.items, hold.units,
  (extract(epoch FROM hold.deadline) * 1000)::bigint AS deadline_ms,
  CASE WHEN hold.state = 'confirmed' OR hold.is_paid THEN 'confirmed'
    WHEN hold.has_money OR hold.is_pinned THEN 'paying'
    ELSE 'held'
  END AS state
FROM unnest($2::text[]) AS asked (buyer_id)
  CROSS JOIN LATERAL (
    SELECT * FROM slow_holds
    WHERE sale_id = $1 AND slow_holds.buyer_id = asked.buyer_id AND slow_holds.state IN ('held', 'confirmed')
  ) AS hold
ORDER BY hold.reservation_id;
