-- Sales that were committed a while ago and never published: whoever created them died in between.
--
-- $1 age in milliseconds, integer
SELECT id FROM sales
WHERE published_at IS NULL AND created_at < now() - $1::integer * interval '1 millisecond'
ORDER BY created_at;
