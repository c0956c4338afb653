-- What Postgres says of a sale as a whole, to compare it with Redis.
--
-- $1 sale_id text
SELECT sales.state, sales.epoch, sales.published_at IS NOT NULL AS is_published, sale_relays.position,
  sales.revision = sales.published_revision AS is_settled,
  coalesce((SELECT jsonb_object_agg(sku, units) FROM sale_items WHERE sale_id = sales.id), '{}') AS units
FROM sales JOIN sale_relays ON sale_relays.sale_id = sales.id
WHERE sales.id = $1;
