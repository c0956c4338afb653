-- Pins of a slow sale that are trusted no longer, and whose payments were never committed.
--
-- $1 sale_id text  $2 how many, integer
SELECT reservation_id, buyer_id, attempt_id
FROM slow_reservations AS pinned
WHERE sale_id = $1 AND state = 'held' AND pinned_until <= now()
  AND NOT EXISTS (
    SELECT FROM payments WHERE payment_id = pinned.attempt_id AND payments.buyer_id = pinned.buyer_id
  )
LIMIT $2;
