-- Sales that are to go on while Redis is away, and do not yet.
--
-- takes nothing
SELECT id, epoch FROM sales
WHERE when_redis_is_down = 'slow' AND mode = 'redis' AND published_at IS NOT NULL
  AND state NOT IN ('closed', 'sold_out')
ORDER BY id;
