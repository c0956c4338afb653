-- Published sales by invitation that buyers may still join.
--
-- takes nothing
SELECT id FROM sales
WHERE is_by_invitation AND published_at IS NOT NULL AND state NOT IN ('closed', 'sold_out')
ORDER BY id;
