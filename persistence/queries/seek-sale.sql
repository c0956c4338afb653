-- The sale of that id or number, which Redis does not know; workers look at it from now on, and bring it back. Whoever
-- holds its row changes it already, and is not waited for.
--
-- $1 id text, null where the number is known  $2 number integer, null where the id is known
WITH named AS MATERIALIZED (
  SELECT id FROM sales WHERE id = $1::text
  UNION ALL
  SELECT id FROM sales WHERE number = $2::integer
),
forgotten AS MATERIALIZED (
  SELECT sales.id FROM sales JOIN named ON named.id = sales.id
  WHERE coalesce(sales.sought_at < now() - interval '1 minute', true)
  FOR NO KEY UPDATE OF sales SKIP LOCKED
),
sought AS (
  UPDATE sales SET sought_at = now() FROM forgotten WHERE sales.id = forgotten.id
)
SELECT id FROM named;
