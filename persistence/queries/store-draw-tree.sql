-- The tree of a sale's entrants, unless another worker was first.
--
-- $1 sale_id text  $2 block_level integer  $3 block_roots bytea
INSERT INTO draw_trees (sale_id, block_level, block_roots) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;
