-- The beacon has spoken: with its value the draw is decided. The first value stays.
--
-- $1 id text  $2 beacon_value text  $3 draw_seed bytea
UPDATE sales
SET beacon_value = $2, draw_seed = $3, drawn_at = now(), draw_published_at = NULL
WHERE id = $1 AND beacon_value IS NULL AND frozen_at IS NOT NULL AND beacon_source IS NOT NULL
RETURNING id;
