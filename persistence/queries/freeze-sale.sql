-- Fixes the entrants of a draw, and, where no beacon was named, the draw itself. Only once, only before the
-- sale has opened or ended, and only in the epoch that the entrants were read in.
--
-- $1 id text  $2 epoch integer  $3 frozen_at ms bigint  $4 pre_entrants bigint  $5 entrants_root text
-- $6 draw_seed bytea, null where a beacon was named
UPDATE sales
SET frozen_at = to_timestamp($3::bigint / 1000.0), pre_entrants = $4, entrants_root = $5, draw_seed = $6,
  drawn_at = CASE WHEN $6::bytea IS NOT NULL THEN now() END
WHERE id = $1 AND epoch = $2 AND frozen_at IS NULL AND state IN ('scheduled', 'waiting')
RETURNING id;
