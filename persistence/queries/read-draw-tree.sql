-- The stored tree of a frozen sale, and the root that was published of it.
--
-- $1 sale_id text
SELECT pre_entrants, entrants_root, block_level, block_roots
FROM sales JOIN draw_trees ON draw_trees.sale_id = sales.id
WHERE sales.id = $1 AND frozen_at IS NOT NULL;
