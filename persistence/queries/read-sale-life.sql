-- The life of Redis that a sale is in, and what Redis has to have at least. Of a draw that is whatever was fixed; and
-- what it was told, null before that.
--
-- $1 id text
SELECT sales.epoch, sales.mode, sales.redis_run_id, sales.published_at IS NOT NULL AS is_published,
  sales.index_leased_through, sales.pre_entrants,
  CASE WHEN sales.draw_published_at IS NOT NULL THEN sales.entrants_root END AS told_root,
  CASE WHEN sales.draw_published_at IS NOT NULL THEN encode(sales.draw_seed, 'hex') END AS told_draw_seed,
  sale_relays.position, sale_relays.rebuilt_epoch
FROM sales JOIN sale_relays ON sale_relays.sale_id = sales.id
WHERE sales.id = $1;
