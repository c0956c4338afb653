-- What is committed about a sale's draw.
--
-- $1 id text
SELECT id, state, seed, draw_seed, beacon_source, beacon_value, frozen_at, pre_entrants, entrants_root
FROM sales WHERE id = $1;
