-- Ends the epoch of a sale that goes on selling while Redis is away, as begin-rebuild.sql does: whoever still
-- sees that Redis has sold in an epoch that is over. No row where the sale refuses instead, sells slowly already,
-- has ended, or came back from there a moment ago.
--
-- $1 id text  $2 epoch, as it was read, integer  $3 how long it sells from Redis at least, ms integer
WITH relay AS MATERIALIZED (
  SELECT sale_id FROM sale_relays WHERE sale_id = $1 FOR UPDATE
),
begun AS (
  UPDATE sales SET epoch = epoch + 1, mode = 'slow'
  FROM relay
  WHERE sales.id = relay.sale_id AND sales.epoch = $2
    AND sales.when_redis_is_down = 'slow' AND sales.mode = 'redis' AND sales.published_at IS NOT NULL
    AND sales.state NOT IN ('closed', 'sold_out')
    AND coalesce(sales.slow_until < now() - $3::integer * interval '1 millisecond', true)
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
