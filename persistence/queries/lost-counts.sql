-- How many discrepancies are open, and how many were ever repaired, by sale and kind.
--
-- takes nothing
SELECT sale_id, kind, coalesce(sum(open), 0)::bigint AS open, coalesce(sum(repaired), 0)::bigint AS repaired
FROM (
  SELECT sale_id, kind, count(*) AS open, NULL::bigint AS repaired
  FROM discrepancies WHERE gone_at IS NULL GROUP BY sale_id, kind
  UNION ALL
  SELECT sale_id, kind, NULL, count(*) FROM repairs GROUP BY sale_id, kind
) AS counted
GROUP BY sale_id, kind
ORDER BY sale_id, kind;
