-- A sale's epoch, begun anew where this is not the life of Redis that the present one was begun in, with a
-- block of indices that no earlier one issued from. A sale of which nobody has noted yet which life it is in
-- may be in this one, or have survived into it. What operators changed before may have been lost on the way into
-- another life without a trace, so its rows are published to it once more. The epoch of a
-- sale that sells slowly is none of Redis's: that sale is rebuilt.
--
-- $1 id text  $2 run_id of Redis, text  $3 size of a block of indices, bigint
-- $4 whether Redis says that the sale is of another life, boolean
WITH present AS (
  SELECT id, redis_run_id, redis_run_id IS NOT NULL OR $4 AS begins FROM sales WHERE id = $1 FOR UPDATE
)
UPDATE sales SET
  epoch = epoch + CASE WHEN present.begins THEN 1 ELSE 0 END,
  index_leased_through = index_leased_through
    + CASE WHEN present.begins AND method <> 'none' THEN $3 ELSE 0 END,
  published_revision = CASE
    WHEN present.begins THEN least(published_revision, revision - 1)
    ELSE published_revision
  END,
  revised_at = CASE WHEN present.begins THEN now() ELSE revised_at END,
  redis_run_id = $2
FROM present
WHERE sales.id = present.id AND present.redis_run_id IS DISTINCT FROM $2 AND sales.mode = 'redis'
RETURNING epoch, index_leased_through;
