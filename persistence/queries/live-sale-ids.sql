-- Published sales that have not ended, general stock included.
--
-- takes nothing
SELECT id FROM sales
WHERE published_at IS NOT NULL AND state NOT IN ('closed', 'sold_out')
ORDER BY id;
