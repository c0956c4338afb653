-- Begins the epoch of a sale that Redis has lost, unless somebody has begun another one since it was looked
-- at. Commits that believe in the old epoch are refused from here on, and so are the events that a relay has
-- read but not committed: the position moves from under it. The relay is locked before the sale, as the
-- relay itself does. A sale that sold slowly sells from Redis again.
--
-- $1 id text  $2 epoch, as it was read, integer  $3 run_id of Redis, text  $4 size of a block of indices, bigint
WITH relay AS MATERIALIZED (
  SELECT sale_id FROM sale_relays WHERE sale_id = $1 FOR UPDATE
),
begun AS (
  UPDATE sales
  SET epoch = epoch + 1, redis_run_id = $3, mode = 'redis',
    slow_until = CASE WHEN mode = 'slow' THEN now() ELSE slow_until END,
    index_leased_through = index_leased_through + CASE WHEN method = 'none' THEN 0 ELSE $4 END
  FROM relay
  WHERE sales.id = relay.sale_id AND sales.epoch = $2
  RETURNING sales.id, sales.epoch
),
fenced AS (
  UPDATE sale_relays
  SET rebuilt_epoch = begun.epoch,
    position = split_part(position, '-', 1) || '-' || (split_part(position, '-', 2)::bigint + 1)
  FROM begun
  WHERE sale_relays.sale_id = begun.id
)
SELECT epoch FROM begun;
