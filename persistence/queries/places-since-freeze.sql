-- Who gave up a place since the entrants of a sale's draw were fixed, in the order of its stream; and who took one of
-- theirs in the same millisecond.
--
-- $1 sale_id text
SELECT first_index, places
FROM place_events JOIN sales ON sales.id = place_events.sale_id
WHERE sale_id = $1 AND at >= frozen_at AND (first_index IS NULL OR first_index < pre_entrants)
ORDER BY position_ms, position_n;
