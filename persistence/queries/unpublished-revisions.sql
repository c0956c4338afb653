-- Sales whose rows were changed, or whose change was announced, a while ago, and that Redis has not followed.
--
-- $1 age in milliseconds, integer
SELECT id FROM sales
WHERE revision > published_revision AND revised_at < now() - $1::integer * interval '1 millisecond'
  AND published_at IS NOT NULL
ORDER BY revised_at;
