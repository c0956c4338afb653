-- Who got which place in a sale's waiting room, and who gave theirs up, after one position of its stream and in its
-- order. A row is a call of the script: one buyer on a quiet day, 200 in a rush.
--
-- $1 sale_id text  $2 ms bigint and $3 n bigint of the position
SELECT position_ms AS ms, position_n AS n, first_index, places
FROM place_events
WHERE sale_id = $1 AND (position_ms, position_n) > ($2::bigint, $3::bigint)
ORDER BY position_ms, position_n
LIMIT 5000;
