-- Who got which place in a sale's waiting room, and who gave theirs up, after one position of its stream and in its
-- order: some 100,000 buyers where all of them came in a rush.
--
-- $1 sale_id text  $2 ms bigint and $3 n bigint of the position
SELECT position_ms AS ms, position_n AS n, first_index, places
FROM place_events
WHERE sale_id = $1 AND (position_ms, position_n) > ($2::bigint, $3::bigint)
ORDER BY position_ms, position_n
LIMIT 500;
