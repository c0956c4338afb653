-- Ends the holds of a slow sale whose time is up. Whoever pays keeps theirs: with a pin that is trusted, or a
-- payment that may move money. A pin that is made at this moment is another one than was read. The moment is the one
-- by which the sale decides: its transaction may have waited for a lock, and now() is from before.
--
-- $1 sale_id text  $2 how many, integer  $3 the moment, Unix ms, bigint
UPDATE slow_reservations AS hold SET state = 'expired'
FROM (
  SELECT reservation_id, pinned_until FROM slow_holds
  WHERE sale_id = $1 AND state = 'held' AND deadline <= to_timestamp($3::bigint / 1000.0) AND NOT has_money AND NOT is_pinned AND NOT is_paid
  LIMIT $2
) AS due
WHERE hold.sale_id = $1 AND hold.reservation_id = due.reservation_id
  AND hold.state = 'held' AND hold.pinned_until IS NOT DISTINCT FROM due.pinned_until
RETURNING hold.reservation_id, hold.buyer_id, hold.items, hold.attempt_id,
  (extract(epoch FROM hold.deadline) * 1000)::bigint AS deadline_ms;
