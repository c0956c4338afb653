-- A sale that sells slowly, and where its units are; no row where it does not.
--
-- $1 id text
SELECT sales.epoch, sales.state, sales.per_buyer_limit, sales.hold_ms, sales.opens_at, sales.closes_at,
  sales.close_commanded_at IS NOT NULL AS is_to_close,
  (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms,
  stock.counts
FROM sales
  CROSS JOIN LATERAL (
    SELECT jsonb_agg(
      jsonb_build_object('sku', sku, 'units', units, 'available', available, 'sold', sold) ORDER BY sku
    ) AS counts
    FROM slow_stock WHERE sale_id = sales.id
  ) AS stock
WHERE sales.id = $1 AND sales.mode = 'slow';
