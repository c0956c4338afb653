-- The life of Redis that a sale is in, and what Redis has to have at least.
--
-- $1 id text
SELECT sales.epoch, sales.mode, sales.redis_run_id, sales.published_at IS NOT NULL AS is_published,
  sales.index_leased_through, sale_relays.position, sale_relays.rebuilt_epoch
FROM sales JOIN sale_relays ON sale_relays.sale_id = sales.id
WHERE sales.id = $1;
