-- How far a sale's waiting room is. It only ever moves on, and nothing is noted from a copy that is older
-- than the last rebuild.
--
-- $1 sale_id text  $2 epoch integer  $3 entrants bigint  $4 serving bigint  $5 missed_below bigint
-- $6 by the sale's clock, ms bigint
UPDATE sale_relays
SET entrants = greatest(entrants, $3), serving = greatest(serving, $4),
  missed_below = greatest(missed_below, $5), progress_at = to_timestamp($6::bigint / 1000.0)
WHERE sale_id = $1 AND rebuilt_epoch <= $2 AND ($3 > entrants OR $4 > serving OR $5 > missed_below);
