-- How far a sale's waiting room is. It only ever moves on, and nothing is noted from a copy that is older
-- than the last rebuild.
--
-- $1 sale_id text  $2 epoch integer  $3 serving bigint  $4 missed_below bigint
-- $5 by the sale's clock, ms bigint
UPDATE sale_relays
SET serving = greatest(serving, $3), missed_below = greatest(missed_below, $4),
  progress_at = to_timestamp($5::bigint / 1000.0)
WHERE sale_id = $1 AND rebuilt_epoch <= $2 AND ($3 > serving OR $4 > missed_below);
