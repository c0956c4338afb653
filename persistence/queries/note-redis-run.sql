-- A sale's epoch, begun anew where this is not the life of Redis that the present one was begun in. A sale
-- that has not been in any life yet only learns which one it is in.
--
-- $1 id text  $2 run_id of Redis, text
WITH present AS (
  SELECT id, redis_run_id FROM sales WHERE id = $1 FOR UPDATE
)
UPDATE sales SET
  epoch = epoch + CASE WHEN present.redis_run_id IS NULL OR present.redis_run_id = $2 THEN 0 ELSE 1 END,
  redis_run_id = $2
FROM present
WHERE sales.id = present.id AND present.redis_run_id IS DISTINCT FROM $2
RETURNING epoch;
