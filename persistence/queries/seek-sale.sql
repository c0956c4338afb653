-- Whether there is such a sale, which Redis does not know: workers look after it for the next minute, and bring it back. Of
-- those that had ended long ago no more than twenty a minute. Whoever holds its row changes it already, and is not
-- waited for.
--
-- $1 id text
WITH forgotten AS MATERIALIZED (
  SELECT id FROM sales
  WHERE id = $1 AND coalesce(sought_at < now() - interval '30 seconds', true)
    AND (
      SELECT count(*) FROM (
        SELECT FROM sales AS other WHERE other.sought_at > now() - interval '1 minute' LIMIT 20
      ) AS recent
    ) < 20
  FOR NO KEY UPDATE SKIP LOCKED
),
sought AS (
  UPDATE sales SET sought_at = now() FROM forgotten WHERE sales.id = forgotten.id
)
SELECT id FROM sales WHERE id = $1;
