-- What happened to the reservations of a sale after one position of its stream, and not after another one.
--
-- $1 sale_id text  $2 ms bigint and $3 n bigint of the first  $4 ms bigint and $5 n bigint of the second
SELECT reservation_id, type, buyer_id, turn, items,
  (extract(epoch FROM deadline) * 1000)::bigint AS deadline_ms, attempt_id
FROM reservation_events
WHERE sale_id = $1 AND reservation_id IS NOT NULL
  AND (position_ms, position_n) > ($2::bigint, $3::bigint)
  AND (position_ms, position_n) <= ($4::bigint, $5::bigint)
ORDER BY position_ms, position_n;
