-- Sales that sell slowly at this moment, and where their units are.
--
-- takes nothing
SELECT sales.id, sales.epoch, sales.state, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms,
  stock.counts
FROM sales
  CROSS JOIN LATERAL (
    SELECT jsonb_agg(
      jsonb_build_object('sku', sku, 'units', units, 'available', available, 'sold', sold) ORDER BY sku
    ) AS counts
    FROM slow_stock WHERE sale_id = sales.id
  ) AS stock
WHERE sales.mode = 'slow';
